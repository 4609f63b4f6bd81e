import { describe, expect, it } from 'vitest';
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
});
