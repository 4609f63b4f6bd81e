import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { SecretReferences } from './secret-reference.js';

describe('a secret by reference', () => {
  let directory: string;
  const references = new SecretReferences({ TOKEN: 'from-environment', EMPTY: '' }, (path) =>
    readFileSync(path, 'utf8'),
  );

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'herald-secrets-'));
    writeFileSync(join(directory, 'plain'), 'from-file');
    writeFileSync(join(directory, 'ends'), 'from-file\n');
    writeFileSync(join(directory, 'two'), 'from-file\n\n');
    writeFileSync(join(directory, 'windows'), 'from-file\r\n');
    writeFileSync(join(directory, 'huge'), 'x'.repeat(70_000));
  });

  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  it.each([
    ['plain', 'from-file'],
    ['ends', 'from-file'],
    ['windows', 'from-file'],
    ['two', 'from-file\n'],
  ])('is the content of a file without one line break at the end: %s', (file, value) => {
    expect(references.resolve(`file:${join(directory, file)}`)).toEqual({ ok: true, value });
    expect(references.resolve(`file://${join(directory, file)}`)).toEqual({ ok: true, value });
  });

  it('is the value of an environment variable', () => {
    expect(references.resolve('env:TOKEN')).toEqual({ ok: true, value: 'from-environment' });
    expect(references.resolve('env:EMPTY')).toEqual({ ok: true, value: '' });
    expect(references.usedVariables).toContain('TOKEN');
  });

  it.each(['', 'Bearer x', 'https://receiver/', 'environment', 'FILE:/x'])(
    '"%s" is no reference',
    (value) => {
      expect(references.resolve(value)).toEqual({ ok: true, value });
    },
  );

  it.each([
    ['env:MISSING', 'the environment variable MISSING to be set', 'nothing'],
    ['env:', 'the name of an environment variable after env:', 'other text'],
    ['env:Bearer x', 'the name of an environment variable after env:', 'other text'],
    ['file:relative', 'the absolute path of a file after file:', 'other text'],
    ['file://host/path', 'the absolute path of a file after file:', 'other text'],
    ['file:/nowhere/at/all', 'a file that can be read at /nowhere/at/all', 'no such file'],
    ['file:/tmp', 'a file that can be read at /tmp', 'a directory'],
  ])('%s is a fault', (text, expected, found) => {
    expect(references.resolve(text)).toEqual({ ok: false, mismatch: { expected, found } });
  });

  it('is not a file without end', () => {
    expect(references.resolve(`file:${join(directory, 'huge')}`)).toMatchObject({ ok: false });
  });
});
