import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  digestOf,
  indexOf,
  newContent,
  OCI_INDEX,
  StorageFixture,
  stated,
} from '../../../../test/support/storage-fixture.js';
import { alone } from '../repository/change.js';
import type { Digest } from '../repository/digest.js';
import type { StoredRepository } from '../repository/repository.js';

const MEBIBYTE = 1024 * 1024;

describe('referrers', () => {
  let storage: StorageFixture;

  beforeAll(async () => {
    storage = await StorageFixture.open();
  });

  afterAll(() => storage.close());

  const subject = () => ({ mediaType: OCI_INDEX, digest: digestOf(newContent()), sizeBytes: 32 });
  const refer = async (
    repository: StoredRepository,
    to: ReturnType<typeof subject>,
    fields: Readonly<Record<string, unknown>> = {},
  ) => {
    const bytes = indexOf([], { subject: stated(to), seed: newContent().toString('hex'), ...fields });
    const reference = { kind: 'digest', digest: digestOf(bytes) } as const;
    await repository.manifests.put({ reference, mediaType: OCI_INDEX, bytes }, alone);
    return reference.digest;
  };
  /** All pages. */
  const pages = async ({ manifests }: StoredRepository, of: Digest, artifactType?: string) => {
    const found: Digest[][] = [];
    for (let last: Digest | undefined; ;) {
      const page = await manifests.referrers(of, {
        ...(artifactType && { artifactType }),
        ...(last && { last }),
      });
      found.push(page.items.map(({ digest }) => digest));
      if (!page.more) return found;
      last = page.items.at(-1)?.digest;
    }
  };

  it('are those of this repository alone', async () => {
    const [here, elsewhere] = [storage.repository(), storage.repository()];
    const to = subject();
    const digest = await refer(here, to);
    await refer(elsewhere, to);
    await expect(pages(here, to.digest)).resolves.toEqual([[digest]]);
  });

  it('come a thousand at once, and all of them in the order of their digests', async () => {
    const repository = storage.repository();
    const to = subject();
    const digests = await Promise.all(Array.from({ length: 1_001 }, () => refer(repository, to)));
    const [first, second, ...others] = await pages(repository, to.digest);
    expect([first?.length, second?.length, others.length]).toEqual([1_000, 1, 0]);
    expect([...(first ?? []), ...(second ?? [])]).toEqual(digests.toSorted());
  });

  it('fill 4 MiB at most, and one that is as large as that comes alone', async () => {
    const repository = storage.repository();
    const to = subject();
    const sizes = [3.99 * MEBIBYTE, 1.9 * MEBIBYTE, 1.9 * MEBIBYTE, 1.9 * MEBIBYTE, 10];
    for (const size of sizes) {
      await refer(repository, to, { annotations: { large: 'x'.repeat(size) } });
    }
    const found = await pages(repository, to.digest);
    expect(found.flat()).toHaveLength(sizes.length);
    expect(found.every((page) => page.length > 0)).toBe(true);
    let last: Digest | undefined;
    for (const page of found) {
      const { items } = await repository.manifests.referrers(to.digest, last ? { last } : {});
      expect(items).toHaveLength(page.length);
      const { length } = JSON.stringify(items);
      expect(items.length === 1 || length < 4 * MEBIBYTE).toBe(true);
      last = page.at(-1);
    }
  });

  it('keep their annotations when only some have any, filtered or not', async () => {
    const repository = storage.repository();
    const to = subject();
    const plain = await refer(repository, to, { artifactType: 'a/b' });
    const annotated = await refer(repository, to, { artifactType: 'a/b', annotations: { key: 'välue' } });
    await refer(repository, to, { artifactType: 'c/d', annotations: { other: 'x' } });
    const { items } = await repository.manifests.referrers(to.digest, { artifactType: 'a/b' });
    const byDigest = new Map(items.map((item) => [item.digest, item.annotations]));
    expect(byDigest.size).toBe(2);
    expect(byDigest.get(plain)).toBeUndefined();
    expect(byDigest.get(annotated)).toEqual({ key: 'välue' });
  });
});
