import { describe, expect, it } from 'vitest';
import { digestAlgorithm, digestHex, isDigest, parseDigest } from './digest.js';

const SHA256 = `sha256:${'0a'.repeat(32)}`;
const SHA512 = `sha512:${'f9'.repeat(64)}`;

describe('parseDigest', () => {
  it.each([
    [SHA256, 'sha256', '0a'.repeat(32)],
    [SHA512, 'sha512', 'f9'.repeat(64)],
  ])('takes %s apart', (text, algorithm, hex) => {
    const digest = parseDigest(text);
    expect(digest).toBe(text);
    expect(digestAlgorithm(digest)).toBe(algorithm);
    expect(digestHex(digest)).toBe(hex);
  });

  it.each([
    ['nothing', ''],
    ['upper-case hexadecimal digits', `sha256:${'0A'.repeat(32)}`],
    ['an upper-case algorithm', `SHA256:${'0a'.repeat(32)}`],
    ['a digit too few', SHA256.slice(0, -1)],
    ['a digit too many', `${SHA256}0`],
    ['the length of the other algorithm', `sha256:${'0a'.repeat(64)}`],
    ['the other length', `sha512:${'0a'.repeat(32)}`],
    ['no algorithm', '0a'.repeat(32)],
    ['no hexadecimal digits', 'sha256:'],
    ['digits that are not hexadecimal', `sha256:${'0g'.repeat(32)}`],
    ['an algorithm that is not registered', `md5:${'0a'.repeat(16)}`],
    ['a line break behind it', `${SHA256}\n`],
    ['a line before it', `\n${SHA256}`],
    ['white space', ` ${SHA256}`],
    ['a path', `sha256:../../${'0a'.repeat(29)}`],
    ['a zero byte', `${SHA256}\0`],
  ])('refuses %s', (_, text) => {
    expect(isDigest(text)).toBe(false);
    expect(() => parseDigest(text)).toThrow(expect.objectContaining({ code: 'DIGEST_INVALID' }));
  });

  it('does not repeat what it refuses', () => {
    expect(() => parseDigest('<script>')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('script') as unknown }),
    );
  });
});
