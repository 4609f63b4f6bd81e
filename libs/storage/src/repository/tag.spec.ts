import { describe, expect, it } from 'vitest';
import { parseReference, parseTag } from './tag.js';

const HEX = '0a'.repeat(32);

describe('parseTag', () => {
  it.each(['latest', 'v1.2.3-rc.1', '_', '0', 'A', 'a..b', 'a-', 'blobs', `sha256-${HEX}`, 'x'.repeat(128)])(
    'takes %s',
    (tag) => {
      expect(parseTag(tag)).toBe(tag);
    },
  );

  it.each([
    ['nothing', ''],
    ['129 characters', 'x'.repeat(129)],
    ['a dot at the front', '.a'],
    ['the parent directory', '..'],
    ['traversal', '../a'],
    ['a dash at the front', '-a'],
    ['a slash', 'a/b'],
    ['a plus', '1.0+build'],
    ['white space', 'a b'],
    ['a line break', 'a\n'],
    ['a zero byte', 'a\0'],
    ['a letter outside ASCII', 'größe'],
  ])('refuses %s', (_, tag) => {
    expect(() => parseTag(tag)).toThrow(expect.objectContaining({ code: 'TAG_INVALID' }));
  });
});

describe('parseReference', () => {
  it('takes a digest for a digest', () => {
    expect(parseReference(`sha256:${HEX}`)).toEqual({ kind: 'digest', digest: `sha256:${HEX}` });
    expect(parseReference(`sha512:${HEX}${HEX}`)).toEqual({ kind: 'digest', digest: `sha512:${HEX}${HEX}` });
  });

  it('takes everything else for a tag, also when it looks like the hexadecimal digits of one', () => {
    expect(parseReference(HEX)).toEqual({ kind: 'tag', tag: HEX });
    expect(parseReference('sha256')).toEqual({ kind: 'tag', tag: 'sha256' });
  });

  it.each([
    `sha256:${HEX.toUpperCase()}`,
    'sha256:',
    ':',
    'latest:',
    `md5:${HEX}`,
    `sha256:${HEX}:`,
    '../a:b',
  ])('never takes %s, which has a colon, for a tag', (text) => {
    expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: 'DIGEST_INVALID' }));
  });

  it('refuses what is neither', () => {
    expect(() => parseReference('../a')).toThrow(expect.objectContaining({ code: 'TAG_INVALID' }));
  });
});
