import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../../test/support/storage-fixture.js';
import { UploadHashes } from './upload-hashes.js';

describe('UploadHashes', () => {
  const write = (hashes: UploadHashes, key: string, at: number, text: string) => {
    hashes.at(key, at)?.update(Buffer.from(text));
  };

  it('goes on where it stands', () => {
    const hashes = new UploadHashes();
    write(hashes, 'a', 0, 'one');
    write(hashes, 'b', 0, 'other');
    write(hashes, 'a', 3, 'two');
    expect(hashes.at('a', 6)?.digest('sha256')).toBe(digestOf(Buffer.from('onetwo')));
  });

  it('is not believed when the file has another length', () => {
    const hashes = new UploadHashes();
    write(hashes, 'a', 0, 'one');
    expect(hashes.at('a', 2)).toBeUndefined();
    expect(hashes.at('a', 3)).toBeUndefined();
  });

  it('begins anew at the beginning', () => {
    const hashes = new UploadHashes();
    write(hashes, 'a', 0, 'one');
    expect(hashes.at('a', 0)?.digest('sha256')).toBe(digestOf(Buffer.alloc(0)));
  });

  it('computes the algorithm that was announced beside sha256, and no other', () => {
    const hashes = new UploadHashes();
    hashes.announce('a', 'sha512');
    write(hashes, 'a', 0, 'one');
    write(hashes, 'b', 0, 'one');
    for (const algorithm of ['sha256', 'sha512'] as const) {
      expect(hashes.at('a', 3)?.digest(algorithm)).toBe(digestOf(Buffer.from('one'), algorithm));
    }
    expect(hashes.at('b', 3)?.digest('sha512')).toBeUndefined();
  });

  it('knows nothing of what it forgot', () => {
    const hashes = new UploadHashes();
    write(hashes, 'a', 0, 'one');
    hashes.forget('a');
    expect(hashes.at('a', 3)).toBeUndefined();
  });

  it('keeps ten thousand, and lets the oldest go for a further one', () => {
    const hashes = new UploadHashes();
    for (let index = 0; index <= 10_000; index += 1) write(hashes, `key ${index}`, 0, 'x');
    expect(hashes.at('key 0', 1)).toBeUndefined();
    expect(hashes.at('key 1', 1)).toBeDefined();
    expect(hashes.at('key 10000', 1)).toBeDefined();
  });
});
