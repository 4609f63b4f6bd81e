import { parseDigest } from '@herald/storage';
import { describe, expect, it } from 'vitest';
import { matchesEtag, writeCondition } from './entity-tag.js';

const digest = parseDigest(`sha256:${'a'.repeat(64)}`);
const other = parseDigest(`sha256:${'b'.repeat(64)}`);

describe('entity tags', () => {
  it.each([`"${digest}"`, `W/"${digest}"`, digest, '*', `"${other}", W/"${digest}"`])(
    'If-None-Match: %s names the content',
    (header) => expect(matchesEtag(header, digest)).toBe(true),
  );

  it.each([undefined, '', `"${other}"`, `"${digest.slice(0, 20)}"`])(
    'If-None-Match: %s names another',
    (header) => expect(matchesEtag(header, digest)).toBe(false),
  );

  it('demand nothing of a write that has no condition', () => {
    expect(writeCondition({})).toBeUndefined();
  });

  it.each([
    [{ 'if-match': `"${digest}"` }, [true, false, false]],
    [{ 'if-match': `"${other}", "${digest}"` }, [true, true, false]],
    [{ 'if-match': `W/"${digest}"` }, [false, false, false]],
    [{ 'if-match': '*' }, [true, true, false]],
    [{ 'if-none-match': '*' }, [false, false, true]],
    [{ 'if-none-match': `"${digest}"` }, [false, true, true]],
    [{ 'if-match': '*', 'if-none-match': `"${digest}"` }, [false, true, false]],
  ])('let a write with %o pass over the content, another one, nothing: %o', (headers, expected) => {
    const condition = writeCondition(headers);
    expect([digest, other, undefined].map((current) => condition?.(current))).toEqual(expected);
  });
});
