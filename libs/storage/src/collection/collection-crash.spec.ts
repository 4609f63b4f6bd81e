import { existsSync } from 'node:fs';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { MortalDatabase, MortalDriver, Mortality } from '../../test/mortal-storage.js';
import { faultsBetweenRowsAndFiles, present } from '../../../../test/support/storage-audit.js';
import {
  digestOf,
  imageOf,
  journal,
  newContent,
  OCI_IMAGE,
  pushBlob,
  StorageFixture,
  TestClock,
} from '../../../../test/support/storage-fixture.js';
import { alone, type Change } from '../repository/change.js';
import { FilesystemDriver } from '../drivers/filesystem-driver.js';
import type { Digest } from '../repository/digest.js';
import { parseReference } from '../repository/tag.js';

const HOUR = 3_600_000;
const LONG = 100 * HOUR;

describe('a collection that is killed', () => {
  const clock = new TestClock();
  const settings = { collection: { graceMs: 24 * HOUR, untagged: 48 * HOUR } } as const;
  let storage: StorageFixture;

  beforeAll(async () => {
    // Each death is logged as the failure that it looks like from inside.
    vi.spyOn(Logger.prototype, 'error').mockReturnValue();
    storage = await StorageFixture.open({ clock, settings, inlineBytes: 16 });
  });

  afterAll(async () => {
    vi.restoreAllMocks();
    await storage.close();
  });

  const collect = async () => {
    const { ended } = await storage.collector.begin({ dryRun: false, force: false, alongside: journal });
    return (await ended).state;
  };

  /** An image that nothing keeps, and loose blobs: as a file and as a row, in one repository and in two. */
  const litter = async () => {
    const [repository, other] = [storage.repository(), storage.repository()];
    const config = await pushBlob(repository, newContent(64), alone);
    const bytes = imageOf(config);
    await repository.manifests.put(
      { reference: parseReference(digestOf(bytes)), mediaType: OCI_IMAGE, bytes },
      alone,
    );
    const large = await pushBlob(repository, newContent(64), alone);
    await pushBlob(other, newContent(8), alone);
    await other.blobs.mount(large.digest, repository.name, alone);
    return [repository, other];
  };

  it('before any step leaves neither a row without a file nor a file without a row, and tells what went and nothing else', async () => {
    const deaths: string[] = [];
    for (let steps = 0; ; steps += 1) {
      const mortality = new Mortality();
      await storage.restart({
        clock,
        settings,
        inlineBytes: 16,
        database: (real) => new MortalDatabase(real, mortality),
        driver: (root) => new MortalDriver(root, mortality),
      });
      const repositories = await litter();
      clock.advance(LONG);
      const before = await present(storage);
      mortality.dieAfter(steps);
      const state = await collect();
      await storage.restart({ clock, settings, inlineBytes: 16 });
      await expect(faultsBetweenRowsAndFiles(storage), mortality.diedBefore).resolves.toEqual([]);
      const lost = before.size - (await present(storage)).size;
      expect(await storage.changes(...repositories), mortality.diedBefore).toHaveLength(lost);
      clock.advance(LONG);
      await expect(collect()).resolves.toBe('completed');
      expect(await present(storage)).toEqual(new Set());
      const told = (await storage.changes(...repositories)).map(nameOf);
      expect(told).toHaveLength(5);
      expect(new Set(told).size).toBe(5);
      if (mortality.diedBefore === undefined) {
        expect(state).toBe('completed');
        break;
      }
      deaths.push(mortality.diedBefore);
    }
    for (const step of [
      'DELETE FROM manifest_references',
      'DELETE FROM repository_blobs',
      "state = 'leaving'",
      'unlink',
      'DELETE FROM blobs',
    ]) {
      expect(deaths.join('\n')).toContain(step);
    }
  }, 60_000);

  it('by an error of the disk goes on the next time', async () => {
    const driver = new BreakableDriver(storage.root);
    await storage.restart({ clock, settings, inlineBytes: 16, driver: () => driver });
    await litter();
    clock.advance(LONG);
    driver.broken = true;
    await expect(collect()).resolves.toBe('failed');
    driver.broken = false;
    await expect(collect()).resolves.toBe('completed');
    await expect(faultsBetweenRowsAndFiles(storage)).resolves.toEqual([]);
    expect(await present(storage)).toEqual(new Set());
  });

  it('removes all others beside a file that cannot be removed, says that it failed, and stops no start', async () => {
    const driver = new BreakableDriver(storage.root);
    const replaced = { clock, settings, inlineBytes: 16, driver: () => driver };
    await storage.restart(replaced);
    const repository = storage.repository();
    const blobs = await Promise.all(Array.from({ length: 40 }, () => pushBlob(repository, newContent(64))));
    const digests = blobs.map(({ digest }) => digest).toSorted();
    driver.stuck = digests[3];
    clock.advance(LONG);
    await expect(collect()).resolves.toBe('failed');
    expect(digests.filter((digest) => existsSync(storage.blobFile(digest)))).toEqual([driver.stuck]);

    await storage.restart(replaced);
    const statesNow = () => storage.database.read('SELECT digest, state FROM blobs');
    await expect(statesNow()).resolves.toEqual([{ digest: driver.stuck, state: 'leaving' }]);
    driver.stuck = undefined;
    await storage.restart(replaced);
    await expect(statesNow()).resolves.toEqual([]);
    await expect(faultsBetweenRowsAndFiles(storage)).resolves.toEqual([]);
  });
});

class BreakableDriver extends FilesystemDriver {
  broken = false;
  stuck: Digest | undefined;

  override removeBlob(digest: Digest): Promise<void> {
    if (digest === this.stuck)
      return Promise.reject(Object.assign(new Error('EPERM, unlink'), { code: 'EPERM', syscall: 'unlink' }));
    return this.broken ? Promise.reject(new Error('the disk says no')) : super.removeBlob(digest);
  }
}

function nameOf(change: Change): string {
  const digest =
    change.kind === 'manifest-deleted' ? change.manifest.digest : 'blob' in change ? change.blob.digest : '';
  return `${change.kind} ${change.repository} ${digest}`;
}
