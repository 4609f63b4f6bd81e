import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  faultsBetweenRowsAndFiles,
  missing,
  present,
  reachable,
} from '../../../../test/support/storage-audit.js';
import { CollectionWorkload } from '../../../../test/support/collection-workload.js';
import { alone, type Alongside } from '../repository/change.js';
import { journal, StorageFixture, TestClock } from '../../../../test/support/storage-fixture.js';

const HOUR = 3_600_000;
const GRACE_MS = 24 * HOUR;
const SEED = Number(process.env['COLLECTION_SEED'] ?? 1);
const OPERATIONS = Number(process.env['COLLECTION_OPERATIONS'] ?? 600);

describe(`collecting beside pushes, mounts, reads, deletes and tags that move (COLLECTION_SEED=${SEED})`, () => {
  const clock = new TestClock();
  let storage: StorageFixture;

  beforeAll(async () => {
    storage = await StorageFixture.open({
      clock,
      inlineBytes: 64,
      settings: { collection: { graceMs: GRACE_MS, untagged: 48 * HOUR } },
    });
  });

  afterAll(() => storage.close());

  const collect = async (alongside: Alongside = journal) => {
    const { ended } = await storage.collector.begin({ dryRun: false, force: false, alongside });
    const status = await ended;
    if (status.state !== 'completed') throw new Error(`the collection is ${status.state}`);
    return status.report;
  };

  it('takes nothing that is reachable or was said to be there, and in the end everything else', async () => {
    const workload = new CollectionWorkload(storage, clock, { seed: SEED, trustMs: GRACE_MS });
    const load = workload.run(OPERATIONS);
    let [collections, removed] = [0, 0];
    while (!workload.isOver) {
      const report = await collect();
      collections += 1;
      removed += report.manifests + report.blobs;
    }
    await load;
    expect(workload.promises.broken).toEqual([]);
    expect(collections).toBeGreaterThan(5);
    expect(removed).toBeGreaterThan(5);
    await expect(faultsBetweenRowsAndFiles(storage)).resolves.toEqual([]);
    const { deleted } = workload.promises;
    expect((await missing(storage)).filter((content) => !deleted.has(content))).toEqual([]);

    clock.advance(100 * HOUR);
    const [expected, before] = [await reachable(storage), await present(storage)];
    const last = await collect(alone);
    const after = await present(storage);
    expect([...after].toSorted()).toEqual([...before].filter((content) => expected.has(content)).toSorted());
    expect(last.manifests + last.blobs).toBe(before.size - after.size);
    await expect(faultsBetweenRowsAndFiles(storage)).resolves.toEqual([]);
    await expect(
      storage.database.read(
        'SELECT digest FROM blobs WHERE digest NOT IN (SELECT digest FROM repository_blobs)',
      ),
    ).resolves.toEqual([]);
  }, 60_000);
});
