import {
  BLOB_MEDIA_TYPE,
  type BlobDeleted,
  type BlobMounted,
  type BlobPushed,
  type Change,
  type ManifestDeleted,
  type ManifestPushed,
  type TagDeleted,
} from '@herald/storage';
import type { RegistryEventDetail } from '../event/registry-event.js';
import type { Fact, FactContext } from './fact.js';
import { pushedManifest } from './manifest-facts.js';
import { contentTarget, goneTarget } from './targets.js';

const NOTHING: RegistryEventDetail = {};

/** What a change means to a receiver, in the order in which it is to be told. */
export function factsOfChange(change: Change, context: FactContext): readonly Fact[] {
  switch (change.kind) {
    case 'manifest-pushed':
      return manifestPushed(change, context);
    case 'manifest-deleted':
      return manifestDeleted(change, context);
    case 'tag-deleted':
      return [tagDeleted(change)];
    case 'blob-pushed':
      return [blobPushed(change, context)];
    case 'blob-mounted':
      return [blobMounted(change, context)];
    case 'blob-deleted':
      return [blobDeleted(change, context)];
    default:
      return [
        { type: 'registry.repository.delete', target: { repository: change.repository }, detail: NOTHING },
      ];
  }
}

/** An event for each tag that was set; one without a tag when it was pushed by digest alone. */
function manifestPushed({ repository, manifest, tags }: ManifestPushed, context: FactContext): Fact[] {
  const { target, detail } = pushedManifest(repository, manifest, context);
  const type = 'registry.manifest.push';
  if (tags.length === 0) return [{ type, target, detail }];
  return tags.map(({ tag, previous }) => ({
    type,
    target: { ...target, tag },
    detail: { ...(previous && { previousDigest: previous }), ...detail },
  }));
}

/** The manifest first, then the tags that went with it, in their order. */
function manifestDeleted({ repository, manifest, tags }: ManifestDeleted, context: FactContext): Fact[] {
  return [
    {
      type: 'registry.manifest.delete',
      target: goneTarget(repository, manifest.digest, context.asUpstream ? undefined : manifest.mediaType),
      detail: tags.length > 0 ? { deletedTags: tags } : NOTHING,
    },
    ...tags.map((tag) => tagDeleted({ kind: 'tag-deleted', repository, tag, digest: manifest.digest })),
  ];
}

function tagDeleted({ repository, tag, digest }: TagDeleted): Fact {
  return { type: 'registry.tag.delete', target: { repository, tag }, detail: { deletedDigest: digest } };
}

function blobPushed({ repository, blob }: BlobPushed, { urlBase }: FactContext): Fact {
  return {
    type: 'registry.blob.push',
    target: contentTarget(urlBase, repository, 'blobs', blob),
    detail: NOTHING,
  };
}

function blobMounted({ repository, from, blob }: BlobMounted, { urlBase }: FactContext): Fact {
  return {
    type: 'registry.blob.mount',
    target: { ...contentTarget(urlBase, repository, 'blobs', blob), fromRepository: from },
    detail: NOTHING,
  };
}

function blobDeleted({ repository, blob }: BlobDeleted, { asUpstream }: FactContext): Fact {
  return {
    type: 'registry.blob.delete',
    target: goneTarget(repository, blob.digest, asUpstream ? undefined : BLOB_MEDIA_TYPE),
    detail: NOTHING,
  };
}
