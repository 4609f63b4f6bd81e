import { WriteBatch } from '@herald/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  digestOf,
  imageOf,
  indexOf,
  journal,
  newContent,
  OCI_IMAGE,
  OCI_INDEX,
  pushBlob,
  StorageFixture,
} from '../../../../test/support/storage-fixture.js';
import type { Alongside } from '../repository/change.js';
import type { Descriptor } from '../repository/descriptor.js';
import type { StoredRepository } from '../repository/repository.js';
import { parseReference } from '../repository/tag.js';

describe('a manifest is accepted only with what it refers to', () => {
  let storage: StorageFixture;

  beforeAll(async () => {
    storage = await StorageFixture.open();
  });

  afterAll(() => storage.close());

  const put = (
    { manifests }: StoredRepository,
    bytes: Uint8Array,
    mediaType = OCI_IMAGE,
    alongside: Alongside = journal,
  ) => manifests.put({ reference: parseReference('latest'), mediaType, bytes }, alongside);
  const nowhere = (mediaType = 'application/octet-stream'): Descriptor => ({
    mediaType,
    digest: digestOf(newContent()),
    sizeBytes: 32,
  });

  it('names everything that is missing, and stores nothing', async () => {
    const repository = storage.repository();
    const there = await pushBlob(repository, newContent(), () => undefined);
    const missing = Array.from({ length: 70 }, () => nowhere());
    await expect(put(repository, imageOf(nowhere(), [there, ...missing]))).rejects.toMatchObject({
      code: 'MANIFEST_BLOB_UNKNOWN',
      detail: expect.arrayContaining(missing.map(({ digest }) => digest)) as unknown,
    });
    await expect(put(repository, imageOf(there, missing.slice(0, 3)))).rejects.toMatchObject({
      detail: missing.slice(0, 3).map(({ digest }) => digest),
    });
    await expect(repository.manifests.get(parseReference('latest'))).resolves.toBeUndefined();
    await expect(storage.changes(repository)).resolves.toEqual([]);
  });

  it('looks in this repository alone', async () => {
    const [here, elsewhere] = [storage.repository(), storage.repository()];
    const blob = await pushBlob(elsewhere, newContent());
    await expect(put(here, imageOf(blob))).rejects.toMatchObject({ detail: [blob.digest] });
    const bytes = imageOf(blob);
    const child = await put(elsewhere, bytes);
    await expect(put(here, indexOf([child.descriptor]), OCI_INDEX)).rejects.toMatchObject({
      detail: [child.descriptor.digest],
    });
  });

  it('does not take a manifest for a layer', async () => {
    const repository = storage.repository();
    const image = await put(repository, imageOf(await pushBlob(repository, newContent())));
    await expect(put(repository, imageOf(image.descriptor))).rejects.toMatchObject({
      code: 'MANIFEST_BLOB_UNKNOWN',
    });
  });

  it('takes a content that is named several times', async () => {
    const repository = storage.repository();
    const blob = await pushBlob(repository, newContent());
    await expect(put(repository, imageOf(blob, [blob, blob]))).resolves.toBeDefined();
  });

  it('takes a hundred layers', async () => {
    const repository = storage.repository();
    const layers = await Promise.all(Array.from({ length: 100 }, () => pushBlob(repository, newContent())));
    await expect(put(repository, imageOf(nowhere(), layers))).rejects.toMatchObject({
      code: 'MANIFEST_BLOB_UNKNOWN',
    });
    await expect(put(repository, imageOf(layers[0] ?? nowhere(), layers))).resolves.toBeDefined();
  });

  it('takes a subject that is not there', async () => {
    const repository = storage.repository();
    const config = await pushBlob(repository, newContent());
    await expect(
      put(
        repository,
        imageOf(config, [], { subject: { mediaType: OCI_IMAGE, digest: nowhere().digest, size: 1 } }),
      ),
    ).resolves.toMatchObject({
      subject: { mediaType: OCI_IMAGE },
    });
  });

  it.each([
    'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
    'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
  ])('takes a layer of type %s, which clients fetch elsewhere', async (mediaType) => {
    const repository = storage.repository();
    const config = await pushBlob(repository, newContent());
    await expect(put(repository, imageOf(config, [nowhere(mediaType)]))).resolves.toBeDefined();
  });

  it('takes manifests and, as BuildKit exports its cache, blobs as children of an index', async () => {
    const repository = storage.repository();
    const blob = await pushBlob(repository, newContent());
    const image = await put(repository, imageOf(blob));
    await expect(put(repository, indexOf([image.descriptor, blob]), OCI_INDEX)).resolves.toBeDefined();
    const missing = nowhere(OCI_IMAGE);
    await expect(put(repository, indexOf([image.descriptor, missing]), OCI_INDEX)).rejects.toMatchObject({
      detail: [missing.digest],
    });
  });

  it('takes a child that is both a blob and a manifest', async () => {
    const repository = storage.repository();
    const bytes = imageOf(await pushBlob(repository, newContent()));
    await pushBlob(repository, bytes);
    const image = await put(repository, bytes);
    await expect(put(repository, indexOf([image.descriptor]), OCI_INDEX)).resolves.toBeDefined();
  });

  it('refuses a manifest whose blob is deleted between the look and the commit', async () => {
    const repository = storage.repository();
    const blob = await pushBlob(repository, newContent(), () => undefined);
    const alongside: Alongside = (change, batch) => {
      journal(change, batch);
      // Handed to the database before the batch of the manifest.
      void storage.database.commit(
        new WriteBatch().run('DELETE FROM repository_blobs WHERE digest = ?', [blob.digest]),
      );
    };
    await expect(put(repository, imageOf(blob), OCI_IMAGE, alongside)).rejects.toMatchObject({
      code: 'MANIFEST_BLOB_UNKNOWN',
      detail: [blob.digest],
    });
    await expect(repository.manifests.get(parseReference('latest'))).resolves.toBeUndefined();
    await expect(storage.changes(repository)).resolves.toEqual([]);
  });

  it('never accepts one after the deletion of its blob, whoever is faster', async () => {
    for (let round = 0; round < 20; round += 1) {
      const repository = storage.repository();
      const blob = await pushBlob(repository, newContent(), () => undefined);
      const work = [
        () => put(repository, imageOf(blob)),
        () => repository.blobs.delete(blob.digest, journal),
      ];
      if (round % 2 === 0) work.reverse();
      const outcomes = await Promise.allSettled<unknown>(work.map((run) => run()));
      const kinds = (await storage.changes(repository)).map(({ kind }) => kind);
      if (outcomes.every(({ status }) => status === 'fulfilled')) {
        expect(kinds).toEqual(['manifest-pushed', 'blob-deleted']);
      } else {
        expect(outcomes).toContainEqual({
          status: 'rejected',
          reason: expect.objectContaining({ code: 'MANIFEST_BLOB_UNKNOWN' }) as unknown,
        });
        expect(kinds).toEqual(['blob-deleted']);
      }
    }
  });
});
