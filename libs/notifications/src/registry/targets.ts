import type { Descriptor, Digest, RepositoryName } from '@herald/storage';
import type { ContentTarget, GoneTarget } from '../event/registry-event.js';

/** A content that can be fetched: by digest, because what a tag names may have changed when the event is read. */
export function contentTarget(
  urlBase: string,
  repository: RepositoryName,
  collection: 'manifests' | 'blobs',
  { mediaType, digest, sizeBytes }: Descriptor,
): ContentTarget {
  return {
    mediaType,
    digest,
    // Upstream leaves zeros out, and says the size twice for receivers of its first version.
    ...(sizeBytes > 0 && { size: sizeBytes, length: sizeBytes }),
    repository,
    url: `${urlBase}/v2/${repository}/${collection}/${digest}`,
  };
}

/** A content that is gone. Its media type tells a manifest from a blob; upstream leaves that to guessing. */
export function goneTarget(
  repository: RepositoryName,
  digest: Digest,
  mediaType: string | undefined,
): GoneTarget {
  return { ...(mediaType !== undefined && { mediaType }), digest, repository };
}
