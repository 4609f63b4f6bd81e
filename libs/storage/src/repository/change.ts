import type { WriteBatch } from '@herald/database';
import type { Descriptor, Manifest } from './descriptor.js';
import type { Digest } from './digest.js';
import type { RepositoryName } from './repository-name.js';
import type { Tag } from './tag.js';

/** A tag that a push set, and what it named before. The batch pins it: `previous` is what the tag names at the commit. */
export interface TagMove {
  readonly tag: Tag;
  readonly previous?: Digest;
}

export interface ManifestPushed {
  readonly kind: 'manifest-pushed';
  readonly repository: RepositoryName;
  readonly manifest: Manifest;
  /** Empty when it was pushed by digest alone. */
  readonly tags: readonly TagMove[];
}

export interface ManifestDeleted {
  readonly kind: 'manifest-deleted';
  readonly repository: RepositoryName;
  readonly manifest: Descriptor;
  /** Exactly the tags that named it and are gone with it, in byte order. */
  readonly tags: readonly Tag[];
}

export interface TagDeleted {
  readonly kind: 'tag-deleted';
  readonly repository: RepositoryName;
  readonly tag: Tag;
  /** What the tag named. */
  readonly digest: Digest;
}

export interface BlobPushed {
  readonly kind: 'blob-pushed';
  readonly repository: RepositoryName;
  readonly blob: Descriptor;
}

export interface BlobMounted {
  readonly kind: 'blob-mounted';
  readonly repository: RepositoryName;
  readonly from: RepositoryName;
  readonly blob: Descriptor;
}

export interface BlobDeleted {
  readonly kind: 'blob-deleted';
  readonly repository: RepositoryName;
  readonly blob: Descriptor;
}

/** The repository with all that was in it. What it held is not told one by one: it may be a hundred thousand tags. */
export interface RepositoryDeleted {
  readonly kind: 'repository-deleted';
  readonly repository: RepositoryName;
}

/** What a mutation does, in facts that its batch's preconditions pin: if the batch is committed, every word of it is true. */
export type Change =
  ManifestPushed | ManifestDeleted | TagDeleted | BlobPushed | BlobMounted | BlobDeleted | RepositoryDeleted;

/**
 * Adds to the batch that makes a change: whatever it adds is committed with the change or not at all. It may be called several times
 * for one mutation, when a precondition failed and the change was built anew; only what joined the committed batch ever happened.
 */
export type Alongside<C extends Change = Change> = (change: C, batch: WriteBatch) => void;

/** Joins nothing. For data that has no audience: migration tools and tests. */
export const alone: Alongside = () => undefined;
