import { EventEmitter } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it, vi } from 'vitest';
import { WriteBatch } from '../write-batch.js';
import { Writer } from './writer.js';

describe('a writer whose thread dies', () => {
  it('answers what waits, tells of it once, and can be closed', async () => {
    const deaths: Error[] = [];
    const writer = new Writer('/nowhere/herald.db', (error) => deaths.push(error));
    const waiting = writer.commit(new WriteBatch().run('SELECT 1'));
    const closed = writer.close();
    await expect(waiting).rejects.toMatchObject({ code: 'CLOSED' });
    await closed;
    await writer.close();
    expect(deaths).toHaveLength(1);
  });

  it('can be closed when it is noticed at once that the thread has ended', async () => {
    const emitted = vi.spyOn(Worker.prototype, 'emit');
    // As a busy process sees it: the error and the end in one turn of the event loop.
    emitted.mockImplementation(function (this: Worker, name: string | symbol, ...values: unknown[]) {
      const told = EventEmitter.prototype.emit.call(this, name, ...values);
      return name === 'error' ? EventEmitter.prototype.emit.call(this, 'exit', 1) : told;
    });
    try {
      const writer = new Writer('/nowhere/herald.db', () => undefined);
      const waiting = writer.commit(new WriteBatch().run('SELECT 1'));
      const closed = writer.close();
      await expect(waiting).rejects.toMatchObject({ code: 'CLOSED' });
      emitted.mockRestore();
      vi.spyOn(Worker.prototype, 'emit').mockReturnValue(true);
      await closed;
    } finally {
      vi.restoreAllMocks();
    }
  });
});
