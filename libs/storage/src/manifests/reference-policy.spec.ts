import { describe, expect, it } from 'vitest';
import { digestOf, newContent } from '../../../../test/support/storage-fixture.js';
import type { Manifest, ReferenceDescriptor } from '../repository/descriptor.js';
import { checkUrls, requiredReferences, STRICT_REFERENCES } from './reference-policy.js';

const FOREIGN = 'application/vnd.oci.image.layer.nondistributable.v1.tar';
const reference = (fields: Partial<ReferenceDescriptor> = {}): ReferenceDescriptor => ({
  mediaType: 'application/octet-stream',
  digest: digestOf(newContent()),
  sizeBytes: 32,
  ...fields,
});
const manifest = (kind: Manifest['kind'], ...references: ReferenceDescriptor[]): Manifest => ({
  descriptor: reference(),
  bytes: Buffer.from(''),
  kind,
  references,
});

describe('what a manifest needs', () => {
  const blob = reference();
  const foreign = reference({ mediaType: FOREIGN, urls: ['https://layers.test/a'] });
  const arm = reference({ platform: { architecture: 'arm64', os: 'linux' } });
  const intel = reference({ platform: { architecture: 'amd64', os: 'linux' } });
  const image = manifest('image', blob, foreign);
  const index = manifest('index', arm, intel, blob);

  it('is everything but what is fetched elsewhere', () => {
    expect(requiredReferences(image, STRICT_REFERENCES)).toEqual([blob]);
    expect(requiredReferences(index, STRICT_REFERENCES)).toEqual([arm, intel, blob]);
  });

  it('is nothing of an image whose blobs are optional, and all of an index still', () => {
    const policy = { ...STRICT_REFERENCES, blobs: 'optional' } as const;
    expect(requiredReferences(image, policy)).toEqual([]);
    expect(requiredReferences(index, policy)).toHaveLength(3);
  });

  it('is nothing of an index whose children are optional, or those of some platforms', () => {
    expect(requiredReferences(index, { ...STRICT_REFERENCES, children: 'optional' })).toEqual([]);
    const children = [{ architecture: 'arm64', os: 'linux' }];
    expect(requiredReferences(index, { ...STRICT_REFERENCES, children })).toEqual([arm]);
    expect(requiredReferences(image, { ...STRICT_REFERENCES, children })).toEqual([blob]);
  });

  it('may be fetched from anywhere, or only from where it is allowed', () => {
    expect(() => checkUrls(image, STRICT_REFERENCES)).not.toThrow();
    const isAllowedUrl = (url: string) => url.startsWith('https://layers.test/');
    expect(() => checkUrls(image, { ...STRICT_REFERENCES, isAllowedUrl })).not.toThrow();
    const elsewhere = manifest('image', blob, {
      ...foreign,
      urls: ['https://layers.test/', 'https://evil.test/'],
    });
    expect(() => checkUrls(elsewhere, { ...STRICT_REFERENCES, isAllowedUrl })).toThrow(
      expect.objectContaining({ code: 'MANIFEST_INVALID', detail: { digest: foreign.digest } }),
    );
  });
});
