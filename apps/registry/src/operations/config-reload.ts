import { Injectable, Logger } from '@nestjs/common';
import { Broadcaster, NotificationsError, type Reconfiguration } from '@herald/notifications';
import { changedKeys } from '../config/changed-keys.js';
import { ConfigError, type ConfigFault } from '../config/config.error.js';
import type { LoadedConfig } from '../config/load-config.js';
import { RegistryError } from '../http/registry-error.js';
import { endpointsOf } from '../notifications-compatibility.js';

/** The configuration that the program was started with, and how it is read again. */
export abstract class ReloadableConfig {
  abstract readonly started: LoadedConfig;

  /** @throws ConfigError */
  abstract read(): LoadedConfig;
}

/** What a reload did. */
export interface ReloadReport extends Reconfiguration {
  /** Keys that say something else than when the program was started, and that take a restart. */
  readonly needRestart: readonly string[];
}

/** What a reload puts in effect. */
const RELOADED = ['notifications.endpoints', 'notifications.addresses', 'notifications.proxy'];

/**
 * Puts the endpoints of the configuration file, as it is now, in place of those that run: what a restart would do with them, without one. A
 * file that is wrong changes nothing.
 */
@Injectable()
export class ConfigReload {
  readonly #logger = new Logger('Configuration');
  #last: Promise<unknown> = Promise.resolve();

  /** @param source undefined for a program that was started for one command alone */
  constructor(
    private readonly broadcaster: Broadcaster,
    private readonly source: ReloadableConfig | undefined,
  ) {}

  /**
   * One reload after another. What it did, or why it did nothing, is logged too.
   *
   * @throws RegistryError `CONFIG_INVALID` with the faults by their paths, `UNSUPPORTED`, `UNAVAILABLE`; DatabaseError
   */
  reload(): Promise<ReloadReport> {
    const result = this.#last.then(() => this.#reload());
    this.#last = result.catch((error: unknown) => {
      const why = error instanceof RegistryError ? error.message : 'it could not be stored';
      this.#logger.error(`the configuration was not reloaded: ${why}`);
    });
    return result;
  }

  async #reload(): Promise<ReloadReport> {
    if (this.source === undefined) throw new RegistryError('UNSUPPORTED', 'nothing can be reloaded here');
    const { started } = this.source;
    const { config, file } = this.#read(this.source);
    const { compatibility } = started.config.notifications;
    const { addresses, endpoints } = config.notifications;
    const done = await this.broadcaster
      .reconfigure({ addresses, endpoints: endpointsOf({ compatibility, endpoints }) })
      .catch((error: unknown) => {
        throw refusalOf(error);
      });
    const needRestart = changedKeys(started.file, file).filter(
      (path) => !RELOADED.some((key) => path === key || path.startsWith(`${key}.`)),
    );
    this.#tell({ ...done, needRestart });
    return { ...done, needRestart };
  }

  #read(source: ReloadableConfig): LoadedConfig {
    try {
      return source.read();
    } catch (error) {
      throw error instanceof ConfigError ? invalid(error.message, error.faults) : error;
    }
  }

  #tell({ added, resumed, changed, detached, disabled, unchanged, needRestart }: ReloadReport): void {
    const counts = Object.entries({ added, resumed, changed, detached, disabled, unchanged })
      .filter(([, endpoints]) => endpoints.length > 0)
      .map(([what, endpoints]) => `${endpoints.length} ${what}`);
    this.#logger.log(`reloaded; endpoints: ${counts.length === 0 ? 'none' : counts.join(', ')}`);
    for (const { name, released, gained } of changed) {
      if (released === undefined) continue;
      this.#logger.log(
        `endpoint ${name}: by its new filter ${released} pending events are released, and ${gained ?? 0} more are sent`,
        { endpoint: name },
      );
    }
    for (const path of needRestart) this.#logger.warn(`${path} has changed: it takes effect after a restart`);
  }
}

function refusalOf(error: unknown): unknown {
  if (!(error instanceof NotificationsError)) return error;
  if (error.code === 'CLOSED') return new RegistryError('UNAVAILABLE', error.message);
  return invalid(error.message, []);
}

function invalid(message: string, faults: readonly ConfigFault[]): RegistryError {
  return new RegistryError('CONFIG_INVALID', `nothing was changed: ${message}`, { faults });
}
