/**
 * `npm run demo`: the main job in one go. A registry and a receiver are started, an image is built from this project's own files, pushed
 * and pulled back by digest, and every event is printed as it arrives.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../free-port.mjs';
import { buildImage, digestOf } from './image.mjs';
import { Receiver } from './receiver.mjs';
import { RegistryClient } from './registry-client.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const LAYERS = [['package.json', 'README.md'], ['docs'], ['dist/apps', 'dist/libs']];
const EVENT_TIMEOUT_MS = 20_000;

const directory = mkdtempSync(join(tmpdir(), 'herald-demo-'));
const receiver = new Receiver();
let registry;
try {
  await receiver.start();
  const base = `http://127.0.0.1:${await freePort()}`;
  registry = await startRegistry(base);
  const client = new RegistryClient(base, 'demo/herald');

  const image = buildImage(root, LAYERS);
  const blobs = [image.config, ...image.layers];
  const sizeBytes = blobs.reduce((sum, { bytes }) => sum + bytes.length, 0);
  console.log(
    `\nBuilt an image of ${image.layers.length} layers, ${(sizeBytes / 1024).toFixed(0)} KiB, from this project's files.`,
  );

  console.log('\nPushing it as demo/herald:1.0. Each event as it reaches the receiver:');
  await Promise.all(blobs.map((blob) => client.pushBlob(blob)));
  const digest = await client.pushManifest(image.manifest, '1.0');
  await receiver.first(blobs.length + 1, EVENT_TIMEOUT_MS);

  console.log(`\nPulling it back by its digest ${digest.slice(0, 19)}…:`);
  await pullAndCompare(client, digest, image.manifest, blobs);
  await receiver.first(2 * (blobs.length + 1), EVENT_TIMEOUT_MS);
  console.log('  all bytes are the ones that were pushed');

  console.log('\nGET /health:');
  const { status, details } = await (await fetch(`${base}/health`)).json();
  console.log(JSON.stringify({ status, details }, undefined, 2));
} catch (error) {
  console.error(`\nThe demonstration failed: ${error.message}`);
  process.exitCode = 1;
} finally {
  if (registry !== undefined) await stop(registry);
  receiver.stop();
  rmSync(directory, { recursive: true });
}

async function startRegistry(base) {
  const config = join(directory, 'config.yml');
  writeFileSync(
    config,
    `version: 0.1
log: { level: warn, accesslog: { disabled: true } }
storage:
  filesystem: { rootdirectory: ${join(directory, 'data')} }
http: { addr: '${new URL(base).host}' }
notifications:
  endpoints:
    - name: demo
      url: ${receiver.url}
`,
  );
  const child = spawn(process.execPath, [join(root, 'dist/apps/registry/src/main.js'), 'serve', config], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  for (let left = 300; left > 0; left -= 1) {
    if (child.exitCode !== null) throw new Error('the registry did not start');
    const answer = await fetch(`${base}/readyz`).catch(() => undefined);
    if (answer?.ok) return child;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the registry did not become ready');
}

async function pullAndCompare(client, digest, manifest, blobs) {
  const bytes = await client.pull('manifests', digest);
  if (!bytes.equals(manifest.bytes)) throw new Error('the manifest came back changed');
  for (const blob of blobs) {
    if (digestOf(await client.pull('blobs', blob.digest)) !== blob.digest)
      throw new Error('a blob came back changed');
  }
}

async function stop(child) {
  if (child.exitCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}
