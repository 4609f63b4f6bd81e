import type { Descriptor, Manifest, ReferenceDescriptor } from '../repository/descriptor.js';
import { isDigest, type Digest } from '../repository/digest.js';
import { StorageError } from '../repository/storage.error.js';

/** What Herald stores as a manifest, and how it is read. OCI image-spec 1.1 and Docker image manifest version 2, schema 2. */
const KINDS: ReadonlyMap<string, Manifest['kind']> = new Map([
  ['application/vnd.oci.image.manifest.v1+json', 'image'],
  ['application/vnd.docker.distribution.manifest.v2+json', 'image'],
  ['application/vnd.oci.image.index.v1+json', 'index'],
  ['application/vnd.docker.distribution.manifest.list.v2+json', 'index'],
]);

/** No real image comes near it; each reference costs a check when the manifest is pushed. */
const MAX_REFERENCES = 10_000;

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads a manifest. The media type that it was pushed with decides how, and the document must not say otherwise: one that can be read
 * as two kinds is refused, because two clients would see two images (CVE-2021-41190).
 *
 * @throws StorageError `MANIFEST_INVALID`, `DIGEST_INVALID` for a malformed digest in a reference
 */
export function parseManifest(mediaType: string, digest: Digest, bytes: Uint8Array): Manifest {
  const kind = KINDS.get(mediaType);
  if (kind === undefined)
    throw invalid(`this registry takes ${[...KINDS.keys()].join(', ')} as Content-Type`);
  const document = parseDocument(bytes);
  checkDocument(document, mediaType, kind);
  const references = kind === 'image' ? imageReferences(document) : indexReferences(document);
  if (references.length > MAX_REFERENCES)
    throw invalid(`a manifest has at most ${MAX_REFERENCES} references`);
  const subject = document['subject'] === undefined ? undefined : descriptor(document['subject'], 'subject');
  const artifactType = artifactTypeOf(document, kind, references);
  const annotations = stringMap(document['annotations'], 'annotations');
  return {
    descriptor: { mediaType, digest, sizeBytes: bytes.byteLength },
    bytes,
    kind,
    references,
    ...(subject && { subject }),
    ...(artifactType && { artifactType }),
    ...(annotations && { annotations }),
  };
}

function parseDocument(bytes: Uint8Array): Json {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new StorageError('MANIFEST_INVALID', 'the manifest is not JSON in UTF-8', { cause });
  }
  if (!isObject(document)) throw invalid('the manifest is not a JSON object');
  return document;
}

function checkDocument(document: Json, mediaType: string, kind: Manifest['kind']): void {
  if (document['schemaVersion'] !== 2) throw invalid('schemaVersion is not 2');
  const stated = document['mediaType'];
  if (stated !== undefined && stated !== mediaType)
    throw invalid('mediaType is not the Content-Type it was pushed with');
  const foreign = kind === 'image' ? ['manifests'] : ['config', 'layers'];
  const found = foreign.find((key) => document[key] !== undefined);
  if (found !== undefined) throw invalid(`an ${kind} manifest has no "${found}"`);
}

function imageReferences(document: Json): ReferenceDescriptor[] {
  const layers = list(document['layers'], 'layers');
  return [
    descriptor(document['config'], 'config'),
    ...layers.map((layer, index) => descriptor(layer, `layers[${index}]`)),
  ];
}

function indexReferences(document: Json): ReferenceDescriptor[] {
  return list(document['manifests'], 'manifests').map((child, index) =>
    descriptor(child, `manifests[${index}]`),
  );
}

/** OCI distribution-spec, "Listing Referrers": an image without an artifactType of its own has that of its configuration. */
function artifactTypeOf(
  document: Json,
  kind: Manifest['kind'],
  references: readonly ReferenceDescriptor[],
): string | undefined {
  const own = optionalString(document['artifactType'], 'artifactType');
  if (own !== undefined && own !== '') return own;
  return kind === 'image' ? references[0]?.mediaType : undefined;
}

function descriptor(value: unknown, where: string): ReferenceDescriptor {
  if (!isObject(value)) throw invalid(`${where} is not a descriptor`);
  const { mediaType, digest, size } = value;
  if (typeof mediaType !== 'string' || mediaType === '') throw invalid(`${where}.mediaType is missing`);
  if (typeof digest !== 'string' || !isDigest(digest)) {
    throw new StorageError('DIGEST_INVALID', `${where}.digest is not a digest`);
  }
  if (!Number.isSafeInteger(size) || (size as number) < 0)
    throw invalid(`${where}.size is not a number of bytes`);
  return { mediaType, digest, sizeBytes: size as number, ...described(value, where) };
}

/** What a descriptor may say beside type, digest and size. */
function described(value: Json, where: string): Omit<ReferenceDescriptor, keyof Descriptor> {
  const urls = value['urls'] === undefined ? undefined : list(value['urls'], `${where}.urls`).map(String);
  const annotations = stringMap(value['annotations'], `${where}.annotations`);
  const artifactType = optionalString(value['artifactType'], `${where}.artifactType`);
  return {
    ...(urls && { urls }),
    ...(annotations && { annotations }),
    ...(isObject(value['platform']) && { platform: value['platform'] }),
    ...(artifactType && { artifactType }),
  };
}

function list(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value)) throw invalid(`${where} is not a list`);
  return value;
}

function optionalString(value: unknown, where: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw invalid(`${where} is not a string`);
  return value;
}

function stringMap(value: unknown, where: string): Readonly<Record<string, string>> | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value) || !Object.values(value).every((entry) => typeof entry === 'string')) {
    throw invalid(`${where} is not a map of strings`);
  }
  return value as Readonly<Record<string, string>>;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(message: string): StorageError {
  return new StorageError('MANIFEST_INVALID', message);
}
