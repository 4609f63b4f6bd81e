import { join } from 'node:path';
import { adminClient, NoServer, type AdminRequest } from './cli/admin-client.js';
import type { RegistryConfig } from './config/registry-config.js';
import { createApp } from './create-app.js';
import { DataDirectoryLock } from './data-directory/data-directory-lock.js';
import { refuseForeignVolume } from './data-directory/foreign-volume.js';
import { RegistryLogger } from './logging/registry-logger.js';
import { listenForAdministration, routingOf } from './running-registry.js';
import { startFailureOf } from './start-failure.js';

/**
 * Runs a command that needs the admin API. Resolves with the exit code, and never throws.
 */
export async function administer(
  config: RegistryConfig,
  command: (request: AdminRequest) => Promise<number>,
): Promise<number> {
  try {
    return await withAdminApi(config, command);
  } catch (error) {
    const { message, exitCode } = startFailureOf(error);
    process.stderr.write(`herald: ${message}\n`);
    return exitCode;
  }
}

/**
 * Does something by the admin API: of the server that runs, or, when none does, of one that is started for it alone, holds the data
 * directory while it works and serves nobody else. Either way the same code does it, with the same events.
 *
 * @throws DataDirectoryInUse when a server runs whose admin API cannot be reached
 */
async function withAdminApi<T>(
  config: RegistryConfig,
  work: (request: AdminRequest) => Promise<T>,
): Promise<T> {
  try {
    return await work(adminClient(config));
  } catch (error) {
    if (error instanceof NoServer) return withoutServer(config, work);
    throw error;
  }
}

async function withoutServer<T>(
  config: RegistryConfig,
  work: (request: AdminRequest) => Promise<T>,
): Promise<T> {
  const { rootDirectory } = config.storage;
  const lock = DataDirectoryLock.acquire(config);
  try {
    refuseForeignVolume(rootDirectory, config.database.path);
    const socket = { kind: 'unix', path: join(rootDirectory, 'herald', 'admin.sock') } as const;
    const settings: RegistryConfig = { ...config, admin: { address: socket, token: undefined } };
    const { app, addresses } = await createApp(
      settings,
      new RegistryLogger({ ...config.log, level: 'error' }),
    );
    try {
      await app.init();
      await app.getHttpAdapter().getInstance().ready();
      await listenForAdministration(addresses, socket, routingOf(app));
      return await work(adminClient(settings));
    } finally {
      addresses.close();
      await app.close();
    }
  } finally {
    lock.release();
  }
}
