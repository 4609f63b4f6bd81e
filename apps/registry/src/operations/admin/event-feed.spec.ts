import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SqliteDatabase, WriteBatch } from '@herald/database';
import {
  EventLog,
  EventPages,
  notificationsMigrations,
  SystemClock,
  UuidEventIds,
} from '@herald/notifications';
import { EventFeed } from './event-feed.js';

describe('the feed of events', () => {
  const directory = mkdtempSync(join(tmpdir(), 'herald-feed-'));
  let database: SqliteDatabase;
  let log: EventLog;
  let server: Server;

  beforeEach(async () => {
    database = SqliteDatabase.open({
      path: join(directory, 'herald.db'),
      migrations: notificationsMigrations,
      onWriterDeath: (error) => {
        throw error;
      },
    });
    const clock = new SystemClock();
    log = await EventLog.open(database, clock, new UuidEventIds());
    const feed = new EventFeed(log, new EventPages(database), clock);
    // Each page has two events, so that there is always another one to come.
    server = createServer((_request, response) => void feed.follow(response, 0, { limit: 2 }));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await database.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('cuts off a reader whom retention has overtaken, so that it hears of it, and skips nothing silently', async () => {
    const text = 'x'.repeat(900_000);
    for (let n = 1; n <= 12; n += 1)
      await log.publish({ type: 'orders.order.paid', lane: 'a', data: { n, text } });
    const { port } = server.address() as AddressInfo;
    const [response] = (await once(get({ host: '127.0.0.1', port }), 'response')) as [IncomingMessage];
    expect(response.headers['herald-log']).toBe(log.uuid);
    // It reads nothing yet, and what the sockets hold is less than what there is.
    await database.commit(new WriteBatch().run('DELETE FROM events WHERE sequence <= 11'));
    let received = '';
    const reading = (async () => {
      for await (const chunk of response.setEncoding('utf8')) received += String(chunk);
    })();
    await expect(reading).rejects.toMatchObject({ code: 'ECONNRESET' });
    const ids = [...received.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
    expect(ids.length).toBeLessThan(11);
    expect(ids).toEqual(ids.map((_id, index) => index + 1));
  });
});
