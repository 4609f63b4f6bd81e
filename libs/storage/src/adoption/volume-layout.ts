import { join } from 'node:path';
import { digestAlgorithm, digestHex, isDigest, type Digest } from '../repository/digest.js';
import { isRepositoryName, type RepositoryName } from '../repository/repository-name.js';
import { isTag, type Tag } from '../repository/tag.js';

/**
 * Distribution's layout, by paths relative to `docker/registry/v2`:
 *
 * ```
 * blobs/<algorithm>/<2 hex>/<hex>/data                                   bytes: layers, configurations and manifests
 * repositories/<name>/_layers/<algorithm>/<hex>/link                     the repository has the blob
 * repositories/<name>/_manifests/revisions/<algorithm>/<hex>/link        the repository has the manifest
 * repositories/<name>/_manifests/tags/<tag>/current/link                 what the tag names
 * repositories/<name>/_manifests/tags/<tag>/index/<algorithm>/<hex>/link what it ever named
 * ```
 *
 * A link is a file whose content is a digest, without a newline.
 */
export function volumeOf(rootDirectory: string): string {
  return join(rootDirectory, 'docker', 'registry', 'v2');
}

/** What a link is about. */
export type Link =
  | { readonly kind: 'layer'; readonly repository: RepositoryName; readonly digest: Digest }
  | { readonly kind: 'revision'; readonly repository: RepositoryName; readonly digest: Digest }
  | { readonly kind: 'tag'; readonly repository: RepositoryName; readonly tag: Tag };

export function blobPath(digest: Digest): string {
  const hex = digestHex(digest);
  return `blobs/${digestAlgorithm(digest)}/${hex.slice(0, 2)}/${hex}/data`;
}

export function linkPath(link: Link): string {
  const repository = `repositories/${link.repository}`;
  switch (link.kind) {
    case 'layer':
      return `${repository}/_layers/${partsOf(link.digest)}/link`;
    case 'revision':
      return `${repository}/_manifests/revisions/${partsOf(link.digest)}/link`;
    default:
      return `${repository}/_manifests/tags/${link.tag}/current/link`;
  }
}

/** Where Distribution remembers that a tag once named a manifest; its own deletes and its collection look there. */
export function tagIndexPath(repository: RepositoryName, tag: Tag, digest: Digest): string {
  return `repositories/${repository}/_manifests/tags/${tag}/index/${partsOf(digest)}/link`;
}

const LINK =
  /^repositories\/(?<repository>.+)\/(?:_layers|_manifests\/(?<revisions>revisions))\/(?<algorithm>[^/]+)\/(?<hex>[^/]+)\/link$/;
const TAG_LINK = /^repositories\/(?<repository>.+)\/_manifests\/tags\/(?<tag>[^/]+)\/current\/link$/;

/** What the link of a path is about; `undefined` for another path, that of a tag's history too. */
export function linkAt(path: string): Link | undefined {
  return tagLinkAt(path) ?? contentLinkAt(path);
}

function tagLinkAt(path: string): Link | undefined {
  const { repository = '', tag = '' } = TAG_LINK.exec(path)?.groups ?? {};
  return isRepositoryName(repository) && isTag(tag) ? { kind: 'tag', repository, tag } : undefined;
}

function contentLinkAt(path: string): Link | undefined {
  const { repository = '', revisions, algorithm = '', hex = '' } = LINK.exec(path)?.groups ?? {};
  const digest = `${algorithm}:${hex}`;
  if (!isRepositoryName(repository) || !isDigest(digest)) return undefined;
  return { kind: revisions === undefined ? 'layer' : 'revision', repository, digest };
}

function partsOf(digest: Digest): string {
  return `${digestAlgorithm(digest)}/${digestHex(digest)}`;
}
