import { Logger } from '@nestjs/common';
import { EXIT_CODE } from './cli/exit-code.js';
import type { RegistryConfig } from './config/registry-config.js';
import { createApp } from './create-app.js';
import { DataDirectoryInUse, DataDirectoryLock } from './data-directory/data-directory-lock.js';
import { ForeignVolume, refuseForeignVolume } from './data-directory/foreign-volume.js';
import { RegistryLogger } from './logging/registry-logger.js';
import { RunningRegistry } from './running-registry.js';
import { startReport } from './start-report.js';

/** What the command line adds to the configuration. */
export interface ServeOptions {
  /** Start without repositories beside the volume of another registry. */
  readonly ignoreExisting: boolean;
}

/** Runs the registry until it is told to stop. Resolves with the exit code, and never throws. */
export async function serve(config: RegistryConfig, { ignoreExisting }: ServeOptions): Promise<number> {
  const stopped = stopSignal();
  const logger = new RegistryLogger(config.log);
  let lock: DataDirectoryLock | undefined;
  try {
    if (!ignoreExisting) refuseForeignVolume(config.storage.rootDirectory, config.database.path);
    lock = DataDirectoryLock.acquire(config.storage.rootDirectory);
    const registry = await RunningRegistry.start(await createApp(config, logger), config);
    process.stdout.write(startReport(config, registry.addresses));
    const signal = await stopped;
    new Logger('Registry').log(`${signal}: no new connections; finishing what is in flight`);
    await registry.stop();
    return EXIT_CODE.ok;
  } catch (error) {
    process.stderr.write(`herald: ${explain(error)}\n`);
    return error instanceof DataDirectoryInUse ? EXIT_CODE.dataDirectoryInUse : EXIT_CODE.startFailed;
  } finally {
    lock?.release();
  }
}

/** The first signal that asks to stop. Later ones change nothing: the drain has an end of its own. */
function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve(signal));
  });
}

function explain(error: unknown): string {
  if (error instanceof DataDirectoryInUse || error instanceof ForeignVolume) return error.message;
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE')
    return `${error.message}: another program listens there; choose another http.addr`;
  if (code === 'EACCES') return `${error.message}: this user may not do that`;
  return error.message;
}
