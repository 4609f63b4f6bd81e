import type { Digest } from './digest.js';

/** What a blob is stored and served as: its real type is known only to the manifests that name it. */
export const BLOB_MEDIA_TYPE = 'application/octet-stream';

/** A content by type, name and size. OCI image-spec, descriptor.md. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly sizeBytes: number;
}

/** A descriptor as a manifest states it, with what else it says; nothing of it has been checked against the content. */
export interface ReferenceDescriptor extends Descriptor {
  readonly urls?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: Readonly<Record<string, unknown>>;
  readonly artifactType?: string;
}

/** A manifest that was read and understood. */
export interface Manifest {
  readonly descriptor: Descriptor;
  /** Exactly the bytes that were pushed. */
  readonly bytes: Uint8Array;
  readonly kind: 'image' | 'index';
  /** Configuration and layers of an image, children of an index, in the manifest's order. */
  readonly references: readonly ReferenceDescriptor[];
  readonly subject?: ReferenceDescriptor;
  /** Its own, or of an image without one its configuration's media type. */
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}
