import { createHash } from 'node:crypto';

export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json';
export const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';

export interface Content {
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly digest: string;
}

export interface Image {
  readonly manifest: Content;
  readonly blobs: readonly Content[];
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

export function content(mediaType: string, bytes: Buffer | string): Content {
  const buffer = Buffer.from(bytes);
  return { mediaType, bytes: buffer, digest: digestOf(buffer) };
}

export function descriptor({ mediaType, bytes, digest }: Content) {
  return { mediaType, digest, size: bytes.length };
}

/** A small image that differs from every other by its seed. */
export function image(seed: string, layers = 2): Image {
  const config = content(OCI_CONFIG, JSON.stringify({ architecture: 'amd64', os: 'linux', seed }));
  const layerBlobs = Array.from({ length: layers }, (_, index) =>
    content(OCI_LAYER, `layer ${index} of ${seed}`),
  );
  const manifest = content(
    OCI_MANIFEST,
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: descriptor(config),
      layers: layerBlobs.map((layer) => descriptor(layer)),
    }),
  );
  return { manifest, blobs: [config, ...layerBlobs] };
}
