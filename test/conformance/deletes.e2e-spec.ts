import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { content, image } from '../support/image.js';
import { expectStatus, RegistryClient } from '../support/registry-client.js';
import { RegistryProcess } from '../support/registry-process.js';
import { fresh, refusal } from './wire.js';

/** OCI distribution-spec, "Content Management". */
describe('deleting', () => {
  let registry: RegistryProcess;
  let client: RegistryClient;

  beforeAll(async () => {
    registry = await new RegistryProcess().start();
    client = new RegistryClient(registry.url, 'team/app');
  });

  afterAll(() => registry.dispose());

  const remove = (path: string) => client.request(path, { method: 'DELETE' });

  it('takes a tag away and nothing else, at once', async () => {
    const app = image('tagged');
    for (const tag of ['one', 'two']) await client.pushImage(app, tag);
    await expectStatus(202, remove('manifests/one'));
    await expectStatus(404, client.request('manifests/one'));
    await expectStatus(200, client.request('manifests/two'));
    await expectStatus(200, client.request(`manifests/${app.manifest.digest}`));
    await expect(refusal(remove('manifests/one'))).resolves.toEqual([404, 'MANIFEST_UNKNOWN']);
  });

  it('takes a manifest away with every tag that names it, at once', async () => {
    const app = image('manifest');
    for (const tag of ['m1', 'm2']) await client.pushImage(app, tag);
    await expectStatus(202, remove(`manifests/${app.manifest.digest}`));
    for (const reference of ['m1', 'm2', app.manifest.digest]) {
      await expectStatus(404, client.request(`manifests/${reference}`));
    }
    await expect(refusal(remove(`manifests/${app.manifest.digest}`))).resolves.toEqual([
      404,
      'MANIFEST_UNKNOWN',
    ]);
  });

  it('takes a blob away after its manifests, at once', async () => {
    const app = image('blobs');
    await client.pushImage(app, 'b1');
    await expectStatus(202, remove(`manifests/${app.manifest.digest}`));
    for (const { digest } of app.blobs) {
      await expectStatus(202, remove(`blobs/${digest}`));
      await expectStatus(404, client.request(`blobs/${digest}`, { method: 'HEAD' }));
      await expect(refusal(remove(`blobs/${digest}`))).resolves.toEqual([404, 'BLOB_UNKNOWN']);
    }
  });

  it('lets the shared empty configuration be deleted and pushed again, many times', async () => {
    const empty = content('application/vnd.oci.empty.v1+json', '{}');
    for (let round = 0; round < 20; round += 1) {
      await client.pushBlob(empty);
      await expectStatus(200, client.request(`blobs/${empty.digest}`));
      await expectStatus(202, remove(`blobs/${empty.digest}`));
      await expectStatus(404, client.request(`blobs/${empty.digest}`));
    }
  });

  it('answers 404 in a repository that is not there', async () => {
    const nowhere = new RegistryClient(registry.url, 'nowhere');
    for (const path of ['manifests/x', `manifests/${fresh().digest}`, `blobs/${fresh().digest}`]) {
      await expectStatus(404, nowhere.request(path, { method: 'DELETE' }));
    }
  });
});
