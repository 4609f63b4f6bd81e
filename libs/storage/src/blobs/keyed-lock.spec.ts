import { describe, expect, it } from 'vitest';
import { KeyedLock } from './keyed-lock.js';

describe('KeyedLock', () => {
  it('runs one at a time per key, in the order of the calls', async () => {
    const lock = new KeyedLock();
    const seen: string[] = [];
    const work = (name: string) => async () => {
      seen.push(`${name} begins`);
      await new Promise(setImmediate);
      seen.push(`${name} ends`);
    };
    await Promise.all(['a', 'b', 'c'].map((name) => lock.run('key', work(name))));
    expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });

  it('lets different keys run beside each other', async () => {
    const lock = new KeyedLock();
    const other = Promise.withResolvers<void>();
    const held = lock.run('a', () => other.promise);
    await expect(lock.run('b', async () => 'done')).resolves.toBe('done');
    other.resolve();
    await held;
  });

  it('gives a throw to its caller alone, and goes on with the next one', async () => {
    const lock = new KeyedLock();
    const failing = lock.run('key', () => Promise.reject(new Error('broken')));
    const next = lock.run('key', async () => 'done');
    await expect(failing).rejects.toThrow('broken');
    await expect(next).resolves.toBe('done');
    await expect(lock.run('key', async () => 'free again')).resolves.toBe('free again');
  });

  it('keeps out one that comes while another is between two waits', async () => {
    const lock = new KeyedLock();
    let inside = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, (inside += 1));
      await new Promise(setImmediate);
      inside -= 1;
    };
    const first = lock.run('key', work);
    const second = lock.run('key', work);
    await first;
    await Promise.all([second, lock.run('key', work)]);
    expect(most).toBe(1);
  });
});
