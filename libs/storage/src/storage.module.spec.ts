import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { DatabaseModule } from '@herald/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newContent, pushBlob } from '../../../test/support/storage-fixture.js';
import { StorageDriver } from './drivers/storage-driver.js';
import { storageMigrations } from './metadata/schema.js';
import { alone } from './repository/change.js';
import { parseRepositoryName } from './repository/repository-name.js';
import { StoredRepositoryService } from './repository/repository.js';
import { StorageModule } from './storage.module.js';

@Injectable()
class Configuration {
  readonly directory = mkdtempSync(join(tmpdir(), 'herald-module-'));
}

@Module({ providers: [Configuration], exports: [Configuration] })
class ConfigurationModule {}

describe('StorageModule', () => {
  let configuration: Configuration;

  beforeEach(() => {
    configuration = new Configuration();
  });

  afterEach(() => {
    rmSync(configuration.directory, { recursive: true });
  });

  const start = async () => {
    const application = await Test.createTestingModule({
      imports: [
        { module: ConfigurationModule, global: true },
        DatabaseModule.forRootAsync({
          inject: [Configuration],
          useFactory: ({ directory }: Configuration) => ({
            path: join(directory, 'herald.db'),
            migrations: storageMigrations,
          }),
        }),
        StorageModule.forRootAsync({
          inject: [Configuration],
          useFactory: ({ directory }: Configuration) => ({ rootDirectory: join(directory, 'blobs') }),
        }),
      ],
    })
      .overrideProvider(Configuration)
      .useValue(configuration)
      .compile();
    await application.init();
    return application;
  };

  it('takes its options from another provider, and is ready when the application is', async () => {
    const application = await start();
    await expect(application.get(StorageDriver, { strict: false }).check()).resolves.toBeUndefined();
    await application.close();
  });

  it('finds after a restart what was stored before', async () => {
    const repository = (application: Awaited<ReturnType<typeof start>>) =>
      application
        .get(StoredRepositoryService, { strict: false })
        .repository(parseRepositoryName('library/alpine'));
    const before = await start();
    const blob = await pushBlob(repository(before), newContent(20_000), alone);
    await before.close();
    const after = await start();
    await expect(repository(after).blobs.stat(blob.digest)).resolves.toEqual(blob);
    await after.close();
  });
});
