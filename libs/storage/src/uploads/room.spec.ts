import { UnwatchedDisk } from '@herald/database';
import { describe, expect, it } from 'vitest';
import { Room } from './room.js';

class FillingDisk extends UnwatchedDisk {
  left = 25;
  readonly learned: unknown[] = [];

  override wrote(bytes: number): void {
    this.left -= bytes;
  }

  override get refusal(): string | undefined {
    return this.left > 0 ? undefined : 'the disk is nearly full';
  }

  override refused(error: unknown) {
    this.learned.push(error);
    return super.refused(error);
  }
}

async function* pieces(count: number, onReturn: () => void): AsyncGenerator<Uint8Array> {
  try {
    for (let piece = 0; piece < count; piece += 1) yield new Uint8Array(10);
  } finally {
    onReturn();
  }
}

describe('room for uploads', () => {
  it('breaks an upload off while there is room left for what matters more, and keeps what came before', async () => {
    const room = new Room(new FillingDisk());
    let taken = 0;
    let returned = false;
    const upload = async () => {
      for await (const piece of room.metered(pieces(10, () => (returned = true)))) taken += piece.length;
    };
    await expect(upload()).rejects.toMatchObject({ code: 'UNAVAILABLE', message: 'the disk is nearly full' });
    expect(taken).toBe(30);
    expect(returned).toBe(true);
    expect(() => room.required()).toThrow('the disk is nearly full');
  });

  it.each(['ENOSPC', 'EDQUOT', 'EROFS'])('makes an answer of %s, and tells the disk', async (code) => {
    const disk = new FillingDisk();
    const failure = Object.assign(new Error(`${code}: /secret/path`), { code });
    const refused = new Room(disk).for(() => Promise.reject(failure));
    await expect(refused).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.not.stringContaining('secret') as unknown,
    });
    expect(disk.learned).toEqual([failure]);
  });

  it('lets a true I/O error through', async () => {
    const failure = Object.assign(new Error('EIO'), { code: 'EIO' });
    await expect(new Room(new FillingDisk()).for(() => Promise.reject(failure))).rejects.toBe(failure);
  });
});
