import {
  BLOB_MEDIA_TYPE,
  parseDigest,
  parseRepositoryName,
  parseTag,
  type Manifest,
  type Served,
} from '@herald/storage';
import { describe, expect, it } from 'vitest';
import { factOfRead } from './pull-facts.js';

const digest = parseDigest(`sha256:${'1'.repeat(64)}`);
const image: Manifest = {
  descriptor: { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, sizeBytes: 7 },
  bytes: new Uint8Array(7),
  kind: 'image',
  references: [{ mediaType: 'application/x', digest, sizeBytes: 3 }],
  subject: { mediaType: 'application/y', digest, sizeBytes: 4 },
  annotations: { a: 'b' },
};
const manifest: Served['content'] = { kind: 'manifest', manifest: image, tag: parseTag('1.0') };
const blob: Served['content'] = {
  kind: 'blob',
  blob: { mediaType: BLOB_MEDIA_TYPE, digest, sizeBytes: 30 },
};

const whole = {
  method: 'GET',
  status: 200,
  bytesSent: 30,
  durationMs: 1.23456,
  toTheEnd: true,
  aborted: false,
} as const;
const here = { urlBase: '', includeReferences: false, asUpstream: false };
const there = { ...here, asUpstream: true };

const read = (content: Served['content'], how: Partial<Served> = {}, context = here) =>
  factOfRead(parseRepositoryName('team/api'), { content, ...whole, ...how }, context);

describe('a read', () => {
  it.each<[string, Partial<Served>, boolean, boolean, boolean]>([
    ['a GET to the end', {}, true, true, true],
    ['a HEAD', { method: 'HEAD', bytesSent: 0, toTheEnd: false }, false, true, true],
    ['a range with the last byte', { status: 206 }, true, true, false],
    ['a range before the last byte', { status: 206, toTheEnd: false }, false, true, false],
    ['an answer that it is not modified', { status: 304, bytesSent: 0, toTheEnd: false }, false, true, false],
    ['a range that cannot be', { status: 416, bytesSent: 0, toTheEnd: false }, false, true, false],
    ['a download that broke off', { toTheEnd: false, aborted: true }, false, true, true],
  ])('is a pull, or none: %s', (_name, how, pull, upstreamBlob, upstreamManifest) => {
    expect(read(blob, how) !== undefined).toBe(pull);
    expect(read(manifest, how) !== undefined).toBe(pull);
    expect(read(blob, how, there) !== undefined).toBe(upstreamBlob);
    expect(read(manifest, how, there) !== undefined).toBe(upstreamManifest);
  });

  it('names a manifest by digest, and its tag where that was asked for', () => {
    expect(read(manifest)).toMatchObject({ target: { tag: '1.0', url: `/v2/team/api/manifests/${digest}` } });
    expect(read({ kind: 'manifest', manifest: image })?.target).not.toHaveProperty('tag');
  });

  it('tells what was sent, and what kind of manifest it was, but not all that the manifest says', () => {
    expect(read(manifest)?.detail).toEqual({
      subject: digest,
      status: 200,
      bytesSent: 30,
      durationMs: 1.235,
    });
    expect(read(blob)?.detail).toEqual({ status: 200, bytesSent: 30, durationMs: 1.235 });
    expect(read(manifest)?.target).not.toHaveProperty('references');
  });

  it('lists the references of a manifest where the configuration asks for them', () => {
    const { target } = read(manifest, {}, { ...here, includeReferences: true }) ?? {};
    expect(target).toMatchObject({ references: [{ mediaType: 'application/x', digest, size: 3 }] });
  });

  it('of a part has the size of the whole, as upstream has it', () => {
    const range = read(blob, { status: 206, bytesSent: 5, toTheEnd: false }, there);
    expect(range?.target).toMatchObject({ size: 30, length: 30 });
    expect(range?.detail.bytesSent).toBe(5);
  });
});
