import { DatabaseSync } from 'node:sqlite';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';
import { DatabaseError, WriteBatch, type Database } from '@herald/database';
import { ManualClock } from '../../test/manual-clock.js';
import { TemporaryDatabase } from '../../test/temporary-database.js';
import { UuidEventIds } from './event-ids.js';
import { EventLog } from './event-log.js';
import type { EventDraft } from './log-record.js';
import type { NewEvent } from './new-event.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('EventLog', () => {
  let temporary: TemporaryDatabase;
  let clock: ManualClock;
  let log: EventLog;

  const event = (lane: string, n = 0): NewEvent => ({ type: 'orders.order.paid', lane, data: { n } });
  const pull = (n: number): EventDraft => ({
    id: `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`,
    lane: 'library/app',
    type: 'registry.blob.pull',
    timeMs: n,
    data: `{"n":${n}}`,
  });
  const open = () => EventLog.open(temporary.database, clock, new UuidEventIds());
  const lanes = async () => (await log.read(0, 1_000)).map(({ lane }) => lane);

  let warn: MockInstance<Logger['warn']>;

  beforeEach(async () => {
    warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    temporary = new TemporaryDatabase();
    clock = new ManualClock();
    log = await open();
  });

  afterEach(async () => {
    vi.restoreAllMocks();
    await temporary.remove();
  });

  it('has an event on the disk when publishing it resolves', async () => {
    const { id } = await log.publish(event('a', 7));
    // A second connection sees what another process would find after a kill at this moment.
    const other = new DatabaseSync(temporary.path, { readOnly: true });
    const row = other.prepare('SELECT id, lane, type, time_ms, data FROM events').get();
    other.close();
    expect(row).toEqual({ id, lane: 'a', type: 'orders.order.paid', time_ms: clock.now(), data: '{"n":7}' });
    expect(id).toMatch(UUID);
  });

  it('gives the numbers in the order of the commits, without gaps', async () => {
    await Promise.all(Array.from({ length: 200 }, (_, n) => log.publish(event(`lane-${n}`))));
    const records = await log.read(0, 1_000);
    expect(records.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 200 }, (_, n) => n + 1));
    expect(records.map(({ lane }) => lane)).toEqual(Array.from({ length: 200 }, (_, n) => `lane-${n}`));
    await expect(log.head()).resolves.toBe(200);
  });

  it('undoes an event together with the batch that it joined', async () => {
    const batch = new WriteBatch().run("INSERT INTO facts (name) VALUES ('x')");
    log.append(batch, log.draft(event('undone')));
    batch.require('y is there', "SELECT 1 FROM facts WHERE name = 'y'");
    await expect(temporary.database.commit(batch)).resolves.toMatchObject({ committed: false });
    await expect(log.head()).resolves.toBe(0);
    await expect(temporary.database.read('SELECT name FROM facts')).resolves.toEqual([]);
  });

  it('has the events of a batch in the order in which they joined it', async () => {
    const batch = new WriteBatch().run("INSERT INTO facts (name) VALUES ('x')");
    log.append(batch, log.draft(event('first')), log.draft(event('second')));
    log.append(batch, log.draft(event('third')));
    await temporary.database.commit(batch);
    await expect(lanes()).resolves.toEqual(['first', 'second', 'third']);
  });

  it('tells its listeners of each commit, and not of a batch that was undone', async () => {
    const told = vi.fn<() => void>();
    const stop = log.onAppended(told);
    await log.publish(event('a'));
    expect(told).toHaveBeenCalledTimes(1);
    const undone = new WriteBatch().require('never', "SELECT 1 FROM facts WHERE name = 'y'");
    log.append(undone, log.draft(event('b')));
    await temporary.database.commit(undone);
    stop();
    await log.publish(event('c'));
    expect(told).toHaveBeenCalledTimes(1);
  });

  it('has a pull before the change that followed it, though pulls are written later', async () => {
    for (let n = 0; n < 3; n += 1) log.offer(pull(n));
    const batch = new WriteBatch();
    log.append(batch, { ...pull(99), type: 'registry.manifest.delete' });
    await temporary.database.commit(batch);
    const records = await log.read(0, 10);
    expect(records.map(({ timeMs }) => timeMs)).toEqual([0, 1, 2, 99]);
  });

  it('writes pulls in batches, without anybody waiting', async () => {
    const commit = vi.spyOn(temporary.database, 'commit');
    for (let n = 0; n < 40; n += 1) log.offer(pull(n));
    expect(commit).not.toHaveBeenCalled();
    clock.advance(5);
    await log.flush();
    expect(commit).toHaveBeenCalledTimes(1);
    await expect(log.head()).resolves.toBe(40);
  });

  it('has the pulls of the last moments after an orderly end', async () => {
    for (let n = 0; n < 3; n += 1) log.offer(pull(n));
    await log.onApplicationShutdown();
    expect((await log.read(0, 10)).map(({ timeMs }) => timeMs)).toEqual([0, 1, 2]);
  });

  it('does not record a pull that nobody wants', async () => {
    log.keepOnly(({ timeMs }) => timeMs === 2);
    for (let n = 0; n < 5; n += 1) log.offer(pull(n));
    await log.flush();
    expect((await log.read(0, 10)).map(({ timeMs }) => timeMs)).toEqual([2]);
  });

  it('sheds pulls when the disk cannot keep up, counts them, and says so once', async () => {
    const slow = holdCommits(temporary.database);
    const slowLog = await EventLog.open(slow.database, clock, new UuidEventIds());
    for (let n = 0; n < 10_025; n += 1) slowLog.offer(pull(n));
    expect(slowLog.shed).toBe(25);
    expect(warn).toHaveBeenCalledTimes(1);
    slow.release();
    await slowLog.flush();
    expect(slowLog.shed).toBe(25);
    await expect(slowLog.head()).resolves.toBe(10_000);
    slowLog.offer(pull(20_000));
    await slowLog.flush();
    await expect(slowLog.head()).resolves.toBe(10_001);
  });

  it('counts pulls as shed that the database refuses, and fails nobody for it', async () => {
    vi.spyOn(temporary.database, 'commit').mockRejectedValueOnce(new DatabaseError('FULL', 'no space'));
    for (let n = 0; n < 3; n += 1) log.offer(pull(n));
    await log.flush();
    expect(log.shed).toBe(3);
  });

  it('publishes an event with an id of its own once, however often it is told to', async () => {
    const id = 'AC9E5C8A-0B6C-4B0C-9D7C-4B9E6B1D5A11';
    await expect(log.publish({ ...event('a'), id })).resolves.toEqual({ id: id.toLowerCase() });
    await log.publish({ ...event('a'), id });
    await expect(log.head()).resolves.toBe(1);
  });

  it('keeps the time that an event comes with', async () => {
    await log.publish({ ...event('a'), time: new Date(1_234_567) });
    expect((await log.read(0, 1))[0]?.timeMs).toBe(1_234_567);
  });

  it('keeps its UUID over restarts, and another log has another', async () => {
    const { uuid } = log;
    expect(uuid).toMatch(UUID);
    await temporary.reopen();
    expect((await open()).uuid).toBe(uuid);
    const other = new TemporaryDatabase();
    expect((await EventLog.open(other.database, clock, new UuidEventIds())).uuid).not.toBe(uuid);
    await other.remove();
  });

  it('never uses a number again, though the last events were removed', async () => {
    await log.publish(event('a'));
    await log.publish(event('b'));
    await temporary.database.commit(new WriteBatch().run('DELETE FROM events'));
    await expect(log.head()).resolves.toBe(2);
    await log.publish(event('c'));
    expect((await log.read(0, 10)).map(({ sequence }) => sequence)).toEqual([3]);
  });

  it('reads pages that are bounded in bytes, and all of the log over several', async () => {
    const data = { text: 'x'.repeat(900_000) };
    for (let n = 0; n < 12; n += 1) await log.publish({ ...event('a'), data });
    const sizes: number[] = [];
    for (let after = 0; ;) {
      const page = await log.read(after, 100);
      if (page.length === 0) break;
      sizes.push(page.length);
      after = page.at(-1)?.sequence ?? after;
    }
    expect(sizes).toEqual([4, 4, 4]);
  });

  it('reads on from any place, whatever was read before', async () => {
    for (let n = 1; n <= 10; n += 1) await log.publish(event('a', n));
    const read = async (after: number, limit: number) =>
      (await log.read(after, limit)).map(({ sequence }) => sequence);
    await expect(read(0, 5)).resolves.toEqual([1, 2, 3, 4, 5]);
    await expect(read(2, 2)).resolves.toEqual([3, 4]);
    await expect(read(5, 5)).resolves.toEqual([6, 7, 8, 9, 10]);
    await expect(read(10, 5)).resolves.toEqual([]);
    await log.publish(event('a', 11));
    await expect(read(10, 5)).resolves.toEqual([11]);
    await expect(read(0, 3)).resolves.toEqual([1, 2, 3]);
  });

  it('reads a lane from a number on', async () => {
    for (let n = 1; n <= 6; n += 1) await log.publish(event(n % 2 === 0 ? 'even' : 'odd'));
    expect((await log.readLane('even', 3, 10)).map(({ sequence }) => sequence)).toEqual([4, 6]);
    expect((await log.readLane('odd', 1, 2)).map(({ sequence }) => sequence)).toEqual([1, 3]);
  });
});

/** The same database, whose commits do not begin until they are released. */
function holdCommits(inner: Database): { readonly database: Database; readonly release: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const database = Object.create(inner) as Database;
  database.read = (sql, params) => inner.read(sql, params);
  database.commit = async (batch) => {
    await promise;
    return inner.commit(batch);
  };
  return { database, release: resolve };
}
