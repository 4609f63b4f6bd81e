import type { Descriptor, Manifest, ReferenceDescriptor } from '../repository/descriptor.js';
import { isDigest, type Digest } from '../repository/digest.js';
import { StorageError } from '../repository/storage.error.js';
import {
  invalid,
  isAbsent,
  isObject,
  isTexts,
  list,
  optionalString,
  stringMap,
  type Json,
} from './manifest-json.js';

/** What Herald stores as a manifest, and how it is read. OCI image-spec 1.1 and Docker image manifest version 2, schema 2. */
const KINDS: ReadonlyMap<string, Manifest['kind']> = new Map([
  ['application/vnd.oci.image.manifest.v1+json', 'image'],
  ['application/vnd.docker.distribution.manifest.v2+json', 'image'],
  ['application/vnd.oci.image.index.v1+json', 'index'],
  ['application/vnd.docker.distribution.manifest.list.v2+json', 'index'],
]);

/** No real image comes near it; each reference costs a check when the manifest is pushed. */
const MAX_REFERENCES = 10_000;

/** What clients look for in a manifest. */
const FIELDS = [
  'schemaVersion',
  'mediaType',
  'config',
  'layers',
  'manifests',
  'subject',
  'artifactType',
  'annotations',
];
const FIELDS_FOLDED: ReadonlyMap<string, string> = new Map(FIELDS.map((field) => [folded(field), field]));

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
  const subject = isAbsent(document['subject']) ? undefined : descriptor(document['subject'], 'subject');
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
    // A byte order mark stays, and is no JSON: clients would not read it.
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
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
  refuseShadows(document);
}

/** Go takes `Layers` for `layers`: a document with either would show its clients something else than what is checked here. */
function refuseShadows(document: Json): void {
  for (const key of Object.keys(document)) {
    const field = FIELDS_FOLDED.get(folded(key));
    if (field !== undefined && field !== key) throw invalid(`"${field}" is not written exactly so`);
  }
}

/** As encoding/json folds: upper case first, because there is a long s and a Kelvin sign. */
function folded(key: string): string {
  return key.toUpperCase().toLowerCase();
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
  const urls = isAbsent(value['urls']) ? undefined : list(value['urls'], `${where}.urls`);
  if (urls !== undefined && !isTexts(urls)) throw invalid(`${where}.urls is not a list of strings`);
  const annotations = stringMap(value['annotations'], `${where}.annotations`);
  const artifactType = optionalString(value['artifactType'], `${where}.artifactType`);
  return {
    ...(urls && { urls }),
    ...(annotations && { annotations }),
    ...(isObject(value['platform']) && { platform: platformOf(value['platform']) }),
    ...(artifactType && { artifactType }),
  };
}

/** A platform is texts and lists of texts, image-spec image-index.md; anything deeper is dropped and not carried around. */
function platformOf(platform: Json): Json {
  return Object.fromEntries(
    Object.entries(platform).filter(([, value]) => typeof value === 'string' || isTexts(value)),
  );
}
