/** Builds a real OCI image from files on the disk: each layer a gzipped tar, a configuration that names them, and a manifest. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';

/**
 * @param directory where the files lie
 * @param layers for each layer the files and folders that it holds
 */
export function buildImage(directory, layers) {
  const tars = layers.map((paths) => tar(directory, paths));
  const blobs = tars.map((bytes) => blob(LAYER, gzipSync(bytes)));
  const config = blob(
    CONFIG,
    Buffer.from(
      JSON.stringify({
        architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
        os: 'linux',
        config: { Labels: { 'org.opencontainers.image.title': 'herald-demo' } },
        rootfs: { type: 'layers', diff_ids: tars.map((bytes) => digestOf(bytes)) },
        history: layers.map((paths) => ({ created_by: `COPY ${paths.join(' ')} /` })),
      }),
    ),
  );
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: descriptor(config),
      layers: blobs.map((layer) => descriptor(layer)),
    }),
  );
  return { manifest: blob(MANIFEST, manifest), config, layers: blobs };
}

function tar(directory, paths) {
  const { status, stdout, stderr, error } = spawnSync('tar', ['-cf', '-', '-C', directory, ...paths], {
    maxBuffer: 1024 ** 3,
  });
  if (status !== 0) throw new Error(`tar failed: ${error?.message ?? stderr.toString()}`);
  return stdout;
}

export function digestOf(bytes) {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function blob(mediaType, bytes) {
  return { mediaType, bytes, digest: digestOf(bytes) };
}

function descriptor({ mediaType, bytes, digest }) {
  return { mediaType, digest, size: bytes.length };
}
