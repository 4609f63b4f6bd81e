import type { Manifest, ReferenceDescriptor } from '../repository/descriptor.js';
import { StorageError } from '../repository/storage.error.js';

/** A platform as an index names it. */
export interface RequiredPlatform {
  readonly architecture: string;
  readonly os: string;
}

/** What of a manifest's references the repository must have when it is pushed. OCI distribution-spec, "Pushing Manifests". */
export interface ReferencePolicy {
  /** Configuration and layers of an image. */
  readonly blobs: 'required' | 'optional';
  /** Children of an index: all, none, or those for these platforms. */
  readonly children: 'required' | 'optional' | readonly RequiredPlatform[];
  /** Judges the `urls` of layers that are fetched elsewhere; without it any will do. */
  readonly isAllowedUrl?: (url: string) => boolean;
}

/** Everything must be there, as every client pushes it. */
export const STRICT_REFERENCES: ReferencePolicy = { blobs: 'required', children: 'required' };

/** Layers that registries must not distribute are fetched from their `urls`: OCI image-spec, layer.md. */
const NON_DISTRIBUTABLE =
  /^application\/vnd\.(?:oci\.image\.layer\.nondistributable\.|docker\.image\.rootfs\.foreign\.)/;

/** The references of a manifest that the repository must have. */
export function requiredReferences(
  { kind, references }: Manifest,
  policy: ReferencePolicy,
): readonly ReferenceDescriptor[] {
  if (kind === 'index') return requiredChildren(references, policy.children);
  if (policy.blobs === 'optional') return [];
  return references.filter((reference) => !isNonDistributable(reference));
}

/** @throws StorageError `MANIFEST_INVALID` when a layer is to be fetched from where the policy does not allow it */
export function checkUrls({ references }: Manifest, { isAllowedUrl }: ReferencePolicy): void {
  if (isAllowedUrl === undefined) return;
  for (const reference of references.filter(isNonDistributable)) {
    const refused = (reference.urls ?? []).find((url) => !isAllowedUrl(url));
    if (refused !== undefined) {
      throw new StorageError(
        'MANIFEST_INVALID',
        'a layer is to be fetched from a URL that is not allowed here',
        {
          detail: { digest: reference.digest },
        },
      );
    }
  }
}

function requiredChildren(
  children: readonly ReferenceDescriptor[],
  required: ReferencePolicy['children'],
): readonly ReferenceDescriptor[] {
  if (required === 'required') return children;
  if (required === 'optional') return [];
  return children.filter(({ platform }) =>
    required.some(
      ({ architecture, os }) => platform?.['architecture'] === architecture && platform['os'] === os,
    ),
  );
}

/** Whether registries must not distribute it, so that clients fetch it from its `urls`. */
export function isNonDistributable({ mediaType }: ReferenceDescriptor): boolean {
  return NON_DISTRIBUTABLE.test(mediaType);
}
