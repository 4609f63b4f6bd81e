import { isObject, type Json } from '../manifests/manifest-json.js';
import { parseManifest } from '../manifests/parse-manifest.js';
import type { Manifest } from '../repository/descriptor.js';
import type { Digest } from '../repository/digest.js';
import { StorageError } from '../repository/storage.error.js';
import { fault, type Reading } from './volume-files.js';

const OCI_IMAGE = 'application/vnd.oci.image.manifest.v1+json';
const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';

/**
 * Reads a manifest of a volume, which does not say what it was pushed as. As Distribution serves it: what the document calls itself, and
 * one that does not is an OCI index when it lists manifests, else an OCI image.
 */
export function readVolumeManifest(digest: Digest, bytes: Uint8Array): Reading<Manifest> {
  try {
    return { is: 'read', value: parseManifest(mediaTypeOf(bytes), digest, bytes) };
  } catch (error) {
    if (error instanceof StorageError) return fault('not-a-manifest', error.message);
    throw error;
  }
}

function mediaTypeOf(bytes: Uint8Array): string {
  const document = jsonOf(bytes);
  if (typeof document['mediaType'] === 'string' && document['mediaType'] !== '') return document['mediaType'];
  return document['manifests'] === undefined ? OCI_IMAGE : OCI_INDEX;
}

/** What is no JSON has no type either; reading it as a manifest says what is wrong with it. */
function jsonOf(bytes: Uint8Array): Json {
  try {
    const document: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isObject(document) ? document : {};
  } catch {
    return {};
  }
}
