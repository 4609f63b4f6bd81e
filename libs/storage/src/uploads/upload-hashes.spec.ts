import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { UploadHashes } from './upload-hashes.js';

describe('UploadHashes', () => {
  const write = (hashes: UploadHashes, key: string, at: number, text: string) => {
    const running = hashes.at(key, at);
    running?.hash.update(text);
    if (running) running.sizeBytes += text.length;
  };

  it('goes on where it stands', () => {
    const hashes = new UploadHashes();
    write(hashes, 'a', 0, 'one');
    write(hashes, 'b', 0, 'other');
    write(hashes, 'a', 3, 'two');
    expect(hashes.at('a', 6)?.hash.copy().digest('hex')).toBe(
      createHash('sha256').update('onetwo').digest('hex'),
    );
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
    expect(hashes.at('a', 0)?.hash.copy().digest('hex')).toBe(createHash('sha256').digest('hex'));
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
