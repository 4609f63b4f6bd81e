import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A volume as Distribution leaves it, written by hand. Paths are relative to `docker/registry/v2`. */
export class ForeignVolume {
  readonly path: string;

  constructor(root: string) {
    this.path = join(root, 'docker', 'registry', 'v2');
  }

  write(path: string, bytes: Uint8Array | string): void {
    mkdirSync(dirname(join(this.path, path)), { recursive: true });
    writeFileSync(join(this.path, path), bytes);
  }

  read(path: string): Buffer {
    return readFileSync(join(this.path, path));
  }

  remove(path: string): void {
    rmSync(join(this.path, path), { recursive: true });
  }

  /** Every file, with its content as text, sorted. */
  files(below = ''): ReadonlyMap<string, string> {
    const top = join(this.path, below);
    const entries = readdirSync(top, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted();
    return new Map(entries.map((file) => [file.slice(top.length + 1), readFileSync(file, 'latin1')]));
  }

  /** The file of a content. Gives its digest. */
  blob(bytes: Uint8Array | string, algorithm: 'sha256' | 'sha512' = 'sha256'): string {
    const digest = `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
    this.write(blobFile(digest), bytes);
    return digest;
  }

  /** A layer in a repository, with its bytes. */
  layer(repository: string, bytes: Uint8Array | string): string {
    const digest = this.blob(bytes);
    this.link(`${repository}/_layers`, digest);
    return digest;
  }

  /** A manifest in a repository, with its bytes, under these tags. */
  manifest(repository: string, document: object | string, tags: readonly string[] = []): string {
    const digest = this.blob(typeof document === 'string' ? document : JSON.stringify(document));
    this.link(`${repository}/_manifests/revisions`, digest);
    for (const tag of tags) this.tag(repository, tag, digest);
    return digest;
  }

  tag(repository: string, tag: string, digest: string): void {
    this.link(`${repository}/_manifests/tags/${tag}/index`, digest);
    this.write(`repositories/${repository}/_manifests/tags/${tag}/current/link`, digest);
  }

  /** A link in one of the directories of a repository. */
  link(directory: string, digest: string, content = digest): void {
    this.write(`repositories/${directory}/${digest.replace(':', '/')}/link`, content);
  }

  /** A whole image: a configuration, a layer and the manifest. */
  image(repository: string, seed: string, tags: readonly string[] = []): ForeignImage {
    const config = this.layer(repository, JSON.stringify({ architecture: 'amd64', os: 'linux', seed }));
    const layer = this.layer(repository, `the layer of ${seed}`);
    const document = {
      schemaVersion: 2,
      mediaType: OCI_IMAGE,
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: config, size: 1 },
      layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: layer, size: 1 }],
    };
    return { config, layer, document, manifest: this.manifest(repository, document, tags) };
  }
}

export interface ForeignImage {
  readonly config: string;
  readonly layer: string;
  readonly manifest: string;
  readonly document: object;
}

export function blobFile(digest: string): string {
  const [algorithm = '', hex = ''] = digest.split(':');
  return `blobs/${algorithm}/${hex.slice(0, 2)}/${hex}/data`;
}

const OCI_IMAGE = 'application/vnd.oci.image.manifest.v1+json';
