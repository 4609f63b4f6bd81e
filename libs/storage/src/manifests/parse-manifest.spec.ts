import { describe, expect, it } from 'vitest';
import type { Digest } from '../repository/digest.js';
import { parseManifest } from './parse-manifest.js';

const OCI_IMAGE = 'application/vnd.oci.image.manifest.v1+json';
const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
const DOCKER_IMAGE = 'application/vnd.docker.distribution.manifest.v2+json';
const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';

const digest = (digit: string) => `sha256:${digit.repeat(64)}` as Digest;
const descriptor = (mediaType: string, digit: string, fields = {}) => ({
  mediaType,
  digest: digest(digit),
  size: 7,
  ...fields,
});
const image = (fields: Readonly<Record<string, unknown>> = {}) => ({
  schemaVersion: 2,
  mediaType: OCI_IMAGE,
  config: descriptor(CONFIG, 'c'),
  layers: [descriptor(LAYER, '1'), descriptor(LAYER, '2')],
  ...fields,
});
const index = (fields: Readonly<Record<string, unknown>> = {}) => ({
  schemaVersion: 2,
  mediaType: OCI_INDEX,
  manifests: [descriptor(OCI_IMAGE, 'a')],
  ...fields,
});
const parseText = (text: string | Uint8Array, mediaType = OCI_IMAGE) =>
  parseManifest(mediaType, digest('d'), Buffer.from(text as string));
const parse = (document: unknown, mediaType = OCI_IMAGE) => parseText(JSON.stringify(document), mediaType);
const refusal = (code: string) => expect.objectContaining({ name: 'StorageError', code }) as Error;

describe('parseManifest', () => {
  it.each([
    [OCI_IMAGE, image(), 'image', ['c', '1', '2']],
    [DOCKER_IMAGE, image({ mediaType: DOCKER_IMAGE }), 'image', ['c', '1', '2']],
    [OCI_INDEX, index(), 'index', ['a']],
    [DOCKER_LIST, index({ mediaType: DOCKER_LIST }), 'index', ['a']],
  ])('reads %s with its references in the order of the document', (mediaType, document, kind, digits) => {
    const bytes = Buffer.from(JSON.stringify(document));
    const manifest = parseManifest(mediaType, digest('d'), bytes);
    expect(manifest.kind).toBe(kind);
    expect(manifest.bytes).toBe(bytes);
    expect(manifest.descriptor).toEqual({ mediaType, digest: digest('d'), sizeBytes: bytes.length });
    expect(manifest.references.map((reference) => reference.digest)).toEqual(digits.map(digest));
  });

  it.each([
    ['without a mediaType of its own', image({ mediaType: undefined }), OCI_IMAGE],
    ['without layers', image({ layers: [] }), OCI_IMAGE],
    ['with null for layers, as Go writes an empty list', image({ layers: null }), OCI_IMAGE],
    ['without children', index({ manifests: [] }), OCI_INDEX],
    ['with null for children', index({ manifests: null }), OCI_INDEX],
    ['with fields that nobody knows', image({ unknown: { config: [] }, 'x-layers': 1 }), OCI_IMAGE],
    [
      'with null for what may be absent',
      image({ subject: null, annotations: null, artifactType: null }),
      OCI_IMAGE,
    ],
    [
      'with the same layer twice',
      image({ layers: [descriptor(LAYER, '1'), descriptor(LAYER, '1')] }),
      OCI_IMAGE,
    ],
    [
      'with a sha512 layer',
      image({ layers: [{ ...descriptor(LAYER, '1'), digest: `sha512:${'1'.repeat(128)}` }] }),
      OCI_IMAGE,
    ],
    ['with an empty layer', image({ layers: [descriptor(LAYER, '1', { size: 0 })] }), OCI_IMAGE],
  ])('takes a document %s', (_, document, mediaType) => {
    expect(() => parse(document, mediaType)).not.toThrow();
  });

  describe('refuses what two clients would read as two images (CVE-2021-41190)', () => {
    const both = { ...index(), ...image(), mediaType: undefined };

    it.each([
      ['an image with children', image({ manifests: [] }), OCI_IMAGE],
      ['an index with layers', index({ layers: [] }), OCI_INDEX],
      ['an index with a configuration', index({ config: descriptor(CONFIG, 'c') }), OCI_INDEX],
      ['both, pushed as an image', both, OCI_IMAGE],
      ['both, pushed as an index', both, OCI_INDEX],
      ['an image with null for children', image({ manifests: null }), OCI_IMAGE],
      ['an image that says it is an index', image({ mediaType: OCI_INDEX }), OCI_IMAGE],
      ['an OCI image that says it is a Docker image', image({ mediaType: DOCKER_IMAGE }), OCI_IMAGE],
      ['a mediaType in another case', image({ mediaType: OCI_IMAGE.toUpperCase() }), OCI_IMAGE],
      ['a mediaType that is no text', image({ mediaType: null }), OCI_IMAGE],
      ['children under a name that Go takes for theirs', image({ Manifests: [] }), OCI_IMAGE],
      ['layers under two names', image({ LAYERS: [] }), OCI_IMAGE],
      ['a second mediaType', image({ MediaType: OCI_INDEX }), OCI_IMAGE],
      ['a name with a long s', image({ 'manife\u017ft\u017f': [] }), OCI_IMAGE],
    ])('%s', (_, document, mediaType) => {
      expect(() => parse(document, mediaType)).toThrow(refusal('MANIFEST_INVALID'));
    });
  });

  it.each([
    ['nothing', ''],
    ['half a document', '{"schemaVersion":2,'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a number', '2'],
    ['two documents', `${JSON.stringify(image())}{}`],
    ['a byte order mark', `\uFEFF${JSON.stringify(image())}`],
    [
      'bytes that are no UTF-8',
      Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}')]),
    ],
    ['a gzipped document', Buffer.from([0x1f, 0x8b, 0x08, 0x00])],
  ])('refuses %s', (_, text) => {
    expect(() => parseText(text)).toThrow(refusal('MANIFEST_INVALID'));
  });

  it.each([
    ['no schemaVersion', image({ schemaVersion: undefined })],
    ['schemaVersion 1', image({ schemaVersion: 1 })],
    ['schemaVersion as text', image({ schemaVersion: '2' })],
    ['no configuration', image({ config: undefined })],
    ['null for the configuration', image({ config: null })],
    ['no list of layers', image({ layers: undefined })],
    ['a map of layers', image({ layers: {} })],
    ['a layer that is no descriptor', image({ layers: ['sha256:1'] })],
    ['a layer without a type', image({ layers: [descriptor(LAYER, '1', { mediaType: undefined })] })],
    ['a layer with an empty type', image({ layers: [descriptor('', '1')] })],
    ['a layer without a size', image({ layers: [descriptor(LAYER, '1', { size: undefined })] })],
    ['a negative size', image({ layers: [descriptor(LAYER, '1', { size: -1 })] })],
    ['half a byte', image({ layers: [descriptor(LAYER, '1', { size: 0.5 })] })],
    ['a size as text', image({ layers: [descriptor(LAYER, '1', { size: '7' })] })],
    ['a size that no number holds exactly', image({ layers: [descriptor(LAYER, '1', { size: 2 ** 53 })] })],
    ['annotations that are no map', image({ annotations: ['a'] })],
    ['annotations that are no texts', image({ annotations: { a: 1 } })],
    [
      'annotations of a layer that are no texts',
      image({ layers: [descriptor(LAYER, '1', { annotations: { a: {} } })] }),
    ],
    ['URLs that are no texts', image({ layers: [descriptor(LAYER, '1', { urls: [{}] })] })],
    ['URLs that are no list', image({ layers: [descriptor(LAYER, '1', { urls: 'https://example.com' })] })],
    ['an artifactType that is no text', image({ artifactType: 1 })],
    ['a subject that is no descriptor', image({ subject: digest('5') })],
    ['a subject without a size', image({ subject: descriptor(OCI_IMAGE, '5', { size: undefined }) })],
  ])('refuses %s', (_, document) => {
    expect(() => parse(document)).toThrow(refusal('MANIFEST_INVALID'));
  });

  it.each(['application/json', 'text/html', `${OCI_IMAGE}; charset=utf-8`, OCI_IMAGE.toUpperCase(), ''])(
    'refuses the Content-Type "%s"',
    (mediaType) => {
      expect(() => parse(image({ mediaType: undefined }), mediaType)).toThrow(refusal('MANIFEST_INVALID'));
    },
  );

  describe.each([
    ['configuration', (bad: string) => parse(image({ config: { ...descriptor(CONFIG, 'c'), digest: bad } }))],
    ['layer', (bad: string) => parse(image({ layers: [{ ...descriptor(LAYER, '1'), digest: bad }] }))],
    ['subject', (bad: string) => parse(image({ subject: { ...descriptor(OCI_IMAGE, '5'), digest: bad } }))],
    [
      'child',
      (bad: string) =>
        parse(index({ manifests: [{ ...descriptor(OCI_IMAGE, 'a'), digest: bad }] }), OCI_INDEX),
    ],
  ])('a %s', (_, read) => {
    it.each(['', 'latest', 'sha256:', `sha256:${'A'.repeat(64)}`, `md5:${'a'.repeat(32)}`, 'sha256:../../a'])(
      'cannot be named "%s"',
      (bad) => {
        expect(() => read(bad)).toThrow(refusal('DIGEST_INVALID'));
      },
    );
  });

  it('says where in the document the fault is', () => {
    const broken = image({ layers: [descriptor(LAYER, '1'), descriptor(LAYER, '2', { size: -1 })] });
    expect(() => parse(broken)).toThrow('layers[1].size');
  });

  it('takes ten thousand references, and not one more', () => {
    const layers = Array.from({ length: 9_999 }, () => descriptor(LAYER, '1'));
    expect(parse(image({ layers })).references).toHaveLength(10_000);
    expect(() => parse(image({ layers: [...layers, descriptor(LAYER, '2')] }))).toThrow(
      refusal('MANIFEST_INVALID'),
    );
  });

  it.each([
    ['its own', image({ artifactType: 'application/vnd.example' }), OCI_IMAGE, 'application/vnd.example'],
    ['the type of its configuration when it has none', image(), OCI_IMAGE, CONFIG],
    ['the type of its configuration when its own is empty', image({ artifactType: '' }), OCI_IMAGE, CONFIG],
    [
      'its own for an index',
      index({ artifactType: 'application/vnd.example' }),
      OCI_INDEX,
      'application/vnd.example',
    ],
    ['none for an index without one', index(), OCI_INDEX, undefined],
  ])('has as artifact type %s', (_, document, mediaType, expected) => {
    expect(parse(document, mediaType).artifactType).toBe(expected);
  });

  it('tells subject and annotations', () => {
    const manifest = parse(image({ subject: descriptor(OCI_IMAGE, '5'), annotations: { b: '1', a: 'ü' } }));
    expect(manifest.subject).toEqual({ mediaType: OCI_IMAGE, digest: digest('5'), sizeBytes: 7 });
    expect(manifest.annotations).toEqual({ b: '1', a: 'ü' });
    expect(manifest.references.map((reference) => reference.digest)).not.toContain(digest('5'));
  });

  it('tells all that a descriptor says of its content', () => {
    const said = {
      urls: ['https://example.com/layer'],
      annotations: { title: 'a' },
      platform: { architecture: 'arm64', os: 'linux', variant: 'v8', 'os.features': ['win32k'] },
      artifactType: 'application/vnd.example',
    };
    const child = descriptor(OCI_IMAGE, 'a', said);
    expect(parse(index({ manifests: [child] }), OCI_INDEX).references).toEqual([
      { mediaType: OCI_IMAGE, digest: digest('a'), sizeBytes: 7, ...said },
    ]);
  });

  it('carries nothing from a document that could not be written out again', () => {
    const depth = 100_000;
    const deep = `${'['.repeat(depth)}1${']'.repeat(depth)}`;
    const text = JSON.stringify(
      index({ manifests: [descriptor(OCI_IMAGE, 'a', { platform: { os: 'linux' } })] }),
    )
      .replace('"linux"', `"linux","architecture":${deep}`)
      .replace('{', `{"unknown":${deep},`);
    const { references } = parseText(text, OCI_INDEX);
    expect(JSON.parse(JSON.stringify(references))).toMatchObject([{ platform: { os: 'linux' } }]);
    expect(references[0]?.platform).not.toHaveProperty('architecture');
  });

  it('is not fooled by names that objects have by themselves', () => {
    const text = JSON.stringify(image()).replace('{', '{"__proto__":{"manifests":[]},"constructor":1,');
    expect(parseText(text).kind).toBe('image');
    expect(() => parseText('{"__proto__":{"schemaVersion":2}}')).toThrow(refusal('MANIFEST_INVALID'));
  });
});
