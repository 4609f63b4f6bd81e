import { describe, expect, it } from 'vitest';
import { parseRepositoryName } from './repository-name.js';

describe('parseRepositoryName', () => {
  it.each([
    'a',
    '0',
    'library/alpine',
    'a/b/c/d/e/f/g/h',
    'a.b_c__d-e---f',
    'blobs',
    'manifests/tags/list',
    'a/blobs/uploads/b',
    'a/referrers',
    'sha256/0a',
    'a'.repeat(255),
    `${'a/'.repeat(127)}b`,
  ])('takes %s', (name) => {
    expect(parseRepositoryName(name)).toBe(name);
  });

  it.each([
    ['nothing', ''],
    ['256 characters', 'a'.repeat(256)],
    ['upper case', 'Library/alpine'],
    ['the parent directory', '..'],
    ['traversal', 'a/../../b'],
    ['traversal at the front', '../a'],
    ['the same directory', 'a/./b'],
    ['encoded traversal', 'a/%2e%2e/b'],
    ['an absolute path', '/a'],
    ['a slash at the end', 'a/'],
    ['an empty part', 'a//b'],
    ['a backslash', 'a\\b'],
    ['a dot at the front', '.a'],
    ['a dot at the end', 'a.'],
    ['two dots', 'a..b'],
    ['three underscores', 'a___b'],
    ['a reserved part', 'a/_catalog'],
    ['a part that begins with a dash', 'a/-b'],
    ['mixed separators', 'a._b'],
    ['a tag', 'a:latest'],
    ['a digest', 'a@sha256'],
    ['white space', 'a b'],
    ['a line break', 'a\n'],
    ['a zero byte', 'a\0b'],
    ['a letter outside ASCII', 'ä'],
    ['a look-alike', 'а'],
  ])('refuses %s', (_, name) => {
    expect(() => parseRepositoryName(name)).toThrow(expect.objectContaining({ code: 'NAME_INVALID' }));
  });
});
