import { describe, expect, it } from 'vitest';
import { rewriteUrl } from './repository-route.js';

describe('rewriteUrl', () => {
  it.each([
    ['/v2/', '/v2/'],
    ['/v2/app/manifests/latest', '/v2/app/manifests/latest'],
    ['/v2/a/b/c/manifests/latest', '/v2/a%2Fb%2Fc/manifests/latest'],
    ['/v2/a/manifests/manifests/x', '/v2/a%2Fmanifests/manifests/x'],
    ['/v2/a/blobs/uploads/blobs/uploads/', '/v2/a%2Fblobs%2Fuploads/blobs/uploads/'],
    ['/v2/a/blobs/uploads', '/v2/a/blobs/uploads'],
    ['/v2/a/b/blobs/uploads/id?digest=sha256%3Aab', '/v2/a%2Fb/blobs/uploads/id?digest=sha256%3Aab'],
    ['/v2/a/b/tags/list?last=x/manifests/y', '/v2/a%2Fb/tags/list?last=x/manifests/y'],
    ['/v2/a/b/_oci/ext/discover', '/v2/a%2Fb/_oci/ext/discover'],
    ['/v2/_oci/ext/discover', '/v2/_oci/ext/discover'],
    ['/v2/a/b/tags/list/?n=1', '/v2/a%2Fb/tags/list/?n=1'],
    ['/v2/a/b/manifests/latest/', '/v2/a%2Fb/manifests/latest/'],
    ['/v2/a/b/blobs/sha256:ab/', '/v2/a%2Fb/blobs/sha256:ab/'],
    ['/v2/a/b/blobs/uploads/id/', '/v2/a%2Fb/blobs/uploads/id/'],
    ['/v2/a/manifests/b/tags/list/', '/v2/a%2Fmanifests%2Fb/tags/list/'],
    ['/v2/a/b/tags/list//', '/v2/a/b/tags/list//'],
    ['/v2/a/b/manifests/', '/v2/a/b/manifests/'],
    ['/v2/%zz/manifests/x', '/v2/%zz/manifests/x'],
    ['/health', '/health'],
    ['', ''],
  ])('finds the name in %s from the right-hand end', (url, expected) => {
    expect(rewriteUrl(url, '')).toBe(expected);
  });

  it('takes the prefix off, and knows no registry without it', () => {
    expect(rewriteUrl('/pre/v2/a/b/tags/list', '/pre')).toBe('/v2/a%2Fb/tags/list');
    expect(rewriteUrl('/pre', '/pre')).toBe('/');
    expect(rewriteUrl('/v2/a/b/tags/list', '/pre')).toBe('/-');
    expect(rewriteUrl('/prefix/v2/', '/pre')).toBe('/prefix/v2/');
    expect(rewriteUrl('/health', '/pre')).toBe('/health');
  });

  it('stays quick on a path that is made to be slow', () => {
    const started = performance.now();
    rewriteUrl(`/v2/${'manifests/'.repeat(3_000)}`, '');
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
