import { Logger } from '@nestjs/common';
import { EXIT_CODE } from './cli/exit-code.js';
import type { RegistryConfig } from './config/registry-config.js';
import { createApp } from './create-app.js';
import { DataDirectoryLock } from './data-directory/data-directory-lock.js';
import { refuseForeignVolume } from './data-directory/foreign-volume.js';
import { RegistryLogger } from './logging/registry-logger.js';
import { ConfigReload, type ReloadableConfig } from './operations/config-reload.js';
import { RunningRegistry } from './running-registry.js';
import { startFailureOf } from './start-failure.js';
import { reportStart } from './start-report.js';

/** What the command line adds to the configuration. */
export interface ServeOptions {
  /** Start without repositories beside the volume of another registry. */
  readonly ignoreExisting: boolean;
  readonly reloadable: ReloadableConfig;
}

/** Runs the registry until it is told to stop. Resolves with the exit code, and never throws. */
export async function serve(
  config: RegistryConfig,
  { ignoreExisting, reloadable }: ServeOptions,
): Promise<number> {
  const stopped = stopSignal();
  const hangUps = new HangUps();
  const logger = new RegistryLogger(config.log);
  let lock: DataDirectoryLock | undefined;
  try {
    lock = DataDirectoryLock.acquire(config);
    if (!ignoreExisting) refuseForeignVolume(config.storage.rootDirectory, config.database.path);
    const created = await createApp(config, logger, reloadable);
    const registry = await RunningRegistry.start(created, config);
    reportStart(config, registry.addresses, logger);
    const reload = created.app.get(ConfigReload);
    // It tells of its failure itself.
    hangUps.handle(() => void reload.reload().catch(() => undefined));
    const signal = await stopped;
    new Logger('Registry').log(`${signal}: no new connections; finishing what is in flight`);
    await registry.stop();
    return EXIT_CODE.ok;
  } catch (error) {
    const { message, exitCode } = startFailureOf(error);
    process.stderr.write(`herald: ${message}\n`);
    return exitCode;
  } finally {
    hangUps.ignore();
    lock?.release();
  }
}

/** The first signal that asks to stop. Later ones change nothing: the drain has an end of its own. */
function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve(signal));
  });
}

/** SIGHUP, which would end the process unheard. What comes before there is a handler is handled as soon as there is one. */
class HangUps {
  #early = false;
  #handler: () => void = () => (this.#early = true);
  readonly #listener = (): void => this.#handler();

  constructor() {
    process.on('SIGHUP', this.#listener);
  }

  handle(handler: () => void): void {
    this.#handler = handler;
    if (this.#early) handler();
  }

  ignore(): void {
    this.#handler = () => undefined;
  }
}
