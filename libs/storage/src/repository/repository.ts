import type {
  Alongside,
  BlobDeleted,
  BlobMounted,
  BlobPushed,
  ManifestDeleted,
  ManifestPushed,
  RepositoryDeleted,
  TagDeleted,
} from './change.js';
import type { Descriptor, Manifest, ReferenceDescriptor } from './descriptor.js';
import type { Digest, DigestAlgorithm } from './digest.js';
import type { RepositoryName } from './repository-name.js';
import type { Served } from './served.js';
import type { Reference, Tag } from './tag.js';

/** A page of names in byte order: those after `last`, at most `limit`. */
export interface PageRequest {
  readonly last?: string;
  readonly limit: number;
}

/** Names, and whether more follow. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly more: boolean;
}

/** A page of the manifests that refer to a subject: those after `last`, as many as fit. */
export interface ReferrersRequest {
  /** Only those of this type. */
  readonly artifactType?: string;
  readonly last?: Digest;
}

/** A manifest as a client pushes it. */
export interface ManifestPush {
  readonly reference: Reference;
  /** Tags to set along with a push by digest. OCI distribution-spec end-7b. */
  readonly tags?: readonly Tag[];
  /** The request's Content-Type without parameters. */
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  /** Of a push by tag: whether it may replace what the tag names at the moment of the change; a free tag names nothing. */
  readonly condition?: (current: Digest | undefined) => boolean;
}

/** Bytes `start` to `end`, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** A blob that can be read. Its bytes are read on demand, in pieces, and never all at once. */
export interface BlobContent {
  readonly descriptor: Descriptor;
  /** Chunks are valid until the next one is asked for. */
  read(range?: ByteRange): AsyncIterable<Uint8Array>;
}

/** Bytes on their way in; a stream of a request's body is one. */
export type ByteSource = AsyncIterable<Uint8Array>;

/** A part of an upload. */
export interface Chunk {
  readonly source: ByteSource;
  /** Where it begins, if it says so: exactly where the session has to stand. */
  readonly at?: number | undefined;
}

/** An upload session: survives a restart, its offset is the number of bytes that were written. */
export interface UploadStatus {
  readonly id: string;
  readonly sizeBytes: number;
}

/** Manifests of one repository, undecorated. Mutations take what joins their batch. */
export interface ManifestStore {
  /** `undefined` when the repository has no such manifest or tag. */
  get(reference: Reference): Promise<Manifest | undefined>;
  /**
   * Stores the exact bytes and moves the tags, all or nothing. Durable when it resolves.
   *
   * @throws StorageError `MANIFEST_INVALID`, `MANIFEST_BLOB_UNKNOWN`, `DIGEST_INVALID`, `PRECONDITION_FAILED`, `UNAVAILABLE`
   */
  put(push: ManifestPush, alongside: Alongside<ManifestPushed>): Promise<Manifest>;
  /**
   * What refers to a subject, in the order of the digests; the subject itself need not be there. OCI distribution-spec, "Listing
   * Referrers". Never more than an answer of about 4 MiB has room for.
   */
  referrers(subject: Digest, page: ReferrersRequest): Promise<Page<ReferenceDescriptor>>;
  /** Deletes it and every tag that names it. @throws StorageError `MANIFEST_UNKNOWN`, `UNAVAILABLE` */
  delete(digest: Digest, alongside: Alongside<ManifestDeleted>): Promise<void>;
}

/** Tags of one repository, undecorated. */
export interface TagStore {
  /** @throws StorageError `NAME_UNKNOWN` when there is no such repository */
  list(page: PageRequest): Promise<Page<Tag>>;
  /** Deletes the tag and nothing else. @throws StorageError `MANIFEST_UNKNOWN`, `UNAVAILABLE` */
  delete(tag: Tag, alongside: Alongside<TagDeleted>): Promise<void>;
}

/** Blobs of one repository, undecorated: a blob is here only if it was pushed or mounted here. */
export interface BlobStore {
  /** By the name that was asked for, where a content has several. */
  stat(digest: Digest): Promise<Descriptor | undefined>;
  open(digest: Digest): Promise<BlobContent | undefined>;
  /**
   * Takes the blob from another repository, or without `from` from any that has it. `undefined` when there is none: the client uploads
   * then.
   *
   * @throws StorageError `UNAVAILABLE`
   */
  mount(
    digest: Digest,
    from: RepositoryName | undefined,
    alongside: Alongside<BlobMounted>,
  ): Promise<Descriptor | undefined>;
  /** Takes it out of this repository. @throws StorageError `BLOB_UNKNOWN`, `UNAVAILABLE` */
  delete(digest: Digest, alongside: Alongside<BlobDeleted>): Promise<void>;
}

/** Upload sessions of one repository, undecorated. */
export interface UploadStore {
  /** @param algorithm by which the client is going to name the blob: it is hashed so while it arrives */
  start(algorithm?: DigestAlgorithm): Promise<UploadStatus>;
  /** @throws StorageError `BLOB_UPLOAD_UNKNOWN` */
  status(id: string): Promise<UploadStatus>;
  /**
   * Appends what comes, as it comes. With `at`, refuses before it reads when the session is not exactly that long.
   *
   * @throws StorageError `BLOB_UPLOAD_UNKNOWN`, `RANGE_INVALID`
   */
  append(id: string, source: ByteSource, at?: number): Promise<UploadStatus>;
  /**
   * Makes the session's bytes a blob of the repository, if they are what `digest` names. The blob is durable when it resolves. A
   * session that was closed with the same digest in the last ten minutes gives the same again, and nothing changes.
   *
   * @throws StorageError `BLOB_UPLOAD_UNKNOWN`, `DIGEST_INVALID`, `UNAVAILABLE`
   */
  commit(id: string, digest: Digest, alongside: Alongside<BlobPushed>): Promise<Descriptor>;
  /**
   * Appends the last of its bytes and commits. Where they do not make it what `digest` names, the session stands where it stood, so
   * that the same request may come again; what came before the connection broke is in it.
   *
   * @throws StorageError as {@link append} and {@link commit}
   */
  close(id: string, digest: Digest, last: Chunk, alongside: Alongside<BlobPushed>): Promise<Descriptor>;
  /**
   * Takes a whole blob without a session that a client could see. OCI distribution-spec end-4b.
   *
   * @throws StorageError `DIGEST_INVALID`, `UNAVAILABLE`
   */
  push(digest: Digest, source: ByteSource, alongside: Alongside<BlobPushed>): Promise<Descriptor>;
  /** Ends the session and forgets its bytes. @throws StorageError `BLOB_UPLOAD_UNKNOWN` */
  cancel(id: string): Promise<void>;
}

/** One repository of the storage, undecorated. It need not exist: the first push creates it. */
export interface StoredRepository {
  readonly name: RepositoryName;
  readonly manifests: ManifestStore;
  readonly tags: TagStore;
  readonly blobs: BlobStore;
  readonly uploads: UploadStore;
  /**
   * Deletes the repository with its manifests, tags and memberships, in one batch.
   *
   * @throws StorageError `NAME_UNKNOWN`, `UNAVAILABLE`
   */
  delete(alongside: Alongside<RepositoryDeleted>): Promise<void>;
}

/** A method without the parameter that only a decorator gives. */
type WithoutAlongside<M> = M extends (...args: [...infer A, Alongside]) => infer R ? (...args: A) => R : M;
type Decorated<S> = { readonly [K in keyof S]: WithoutAlongside<S[K]> };

export type ManifestService = Decorated<ManifestStore>;
export type TagService = Decorated<TagStore>;
export type BlobService = Decorated<BlobStore>;
export type UploadService = Decorated<UploadStore>;

/** One repository as controllers see it: whoever decorates it, and what joins its changes, is not their business. */
export interface Repository {
  readonly name: RepositoryName;
  readonly manifests: ManifestService;
  readonly tags: TagService;
  readonly blobs: BlobService;
  readonly uploads: UploadService;
  /** @throws StorageError `NAME_UNKNOWN`, `UNAVAILABLE` */
  delete(): Promise<void>;
  /** Tells what became of a read. Never waits for a disk, and never throws. */
  served(served: Served): void;
}

/** What controllers ask for repositories. */
export abstract class RepositoryService {
  abstract repository(name: RepositoryName): Repository;
}

/** What a decorator asks: the repositories of the storage themselves. */
export abstract class StoredRepositoryService {
  abstract repository(name: RepositoryName): StoredRepository;
}
