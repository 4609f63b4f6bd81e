import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  content,
  descriptor,
  digestOf,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_LAYER,
  OCI_MANIFEST,
  type Image,
} from './image.js';

/**
 * Writes an OCI image layout (image-spec, image-layout.md) whose layers are real gzipped tars, as clients such as skopeo read it.
 *
 * @returns the image, and its layout's path
 */
export function writeOciLayout(
  directory: string,
  tag: string,
): { readonly image: Image; readonly path: string } {
  const path = mkdtempSync(join(directory, 'layout-'));
  const tars = [
    layerTar(directory, 'etc/motd', 'hello\n'),
    layerTar(directory, 'srv/data', 'x'.repeat(200_000)),
  ];
  const layers = tars.map((tar) => content(OCI_LAYER, gzipSync(tar)));
  const config = content(
    OCI_CONFIG,
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: {},
      rootfs: { type: 'layers', diff_ids: tars.map((tar) => digestOf(tar)) },
      history: tars.map(() => ({ created: '2026-01-01T00:00:00Z', created_by: 'COPY' })),
    }),
  );
  const manifest = content(
    OCI_MANIFEST,
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: descriptor(config),
      layers: layers.map((layer) => descriptor(layer)),
    }),
  );
  mkdirSync(join(path, 'blobs', 'sha256'), { recursive: true });
  for (const { bytes, digest } of [config, manifest, ...layers]) {
    writeFileSync(join(path, 'blobs', 'sha256', digest.slice('sha256:'.length)), bytes);
  }
  writeFileSync(join(path, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  const named = { ...descriptor(manifest), annotations: { 'org.opencontainers.image.ref.name': tag } };
  writeFileSync(
    join(path, 'index.json'),
    JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [named] }),
  );
  return { image: { manifest, blobs: [config, ...layers] }, path };
}

function layerTar(directory: string, name: string, text: string): Buffer {
  const folder = mkdtempSync(join(directory, 'layer-'));
  mkdirSync(join(folder, name, '..'), { recursive: true });
  writeFileSync(join(folder, name), text);
  return execFileSync('tar', ['-cf', '-', '-C', folder, '.'], { maxBuffer: 16 * 1024 * 1024 });
}
