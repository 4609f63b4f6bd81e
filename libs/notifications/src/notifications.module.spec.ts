import { readFileSync } from 'node:fs';
import { EventEmitter2, EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import { Injectable, Module, type DynamicModule } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Database, DatabaseModule, SqliteDatabase, WriteBatch } from '@herald/database';
import { Receiver } from '../test/receiver.js';
import { TemporaryDatabase } from '../test/temporary-database.js';
import { waitFor } from '../test/wait-for.js';
import { EventLog } from './event-log/event-log.js';
import { notificationsMigrations } from './event-log/schema.js';
import {
  DeliveryObservers,
  type AttemptObservation,
  type DeliveryObservation,
} from './metrics/delivery-observer.js';
import { NotificationsModule } from './notifications.module.js';
import type { NotificationsOptions } from './notifications.options.js';
import { Broadcaster } from './sinks/broadcaster.js';
import { EndpointSink } from './sinks/endpoint-sink.js';
import { Sink } from './sinks/sink.js';
import { HERALD_VERSION } from './version.js';

@Injectable()
class Orders {
  readonly heard: unknown[] = [];

  constructor(
    readonly log: EventLog,
    readonly database: Database,
    readonly emitter: EventEmitter2,
  ) {}

  @OnEvent('orders.paid')
  hear(event: unknown): void {
    this.heard.push(event);
  }
}

@Module({ providers: [Orders], exports: [Orders] })
class OrdersModule {}

/** A module that gives every other one this database. */
function sharing(database: Database): DynamicModule {
  return {
    module: class Shared {},
    global: true,
    providers: [{ provide: Database, useValue: database }],
    exports: [Database],
  };
}

describe('NotificationsModule', () => {
  let temporary: TemporaryDatabase;
  let receiver: Receiver;
  let close: () => Promise<void>;

  const options = (): NotificationsOptions => ({
    endpoints: [{ name: 'audit', url: receiver.url, format: 'cloudevents' }],
  });
  const migrations = [
    { library: 'orders', version: 1, sql: 'CREATE TABLE orders (id TEXT PRIMARY KEY) STRICT' },
  ];
  const start = async (imports: NonNullable<Parameters<typeof Test.createTestingModule>[0]['imports']>) => {
    const testing = await Test.createTestingModule({ imports: [...imports, OrdersModule] }).compile();
    testing.useLogger(false);
    await testing.init();
    close = () => testing.close();
    return testing;
  };

  beforeEach(async () => {
    temporary = new TemporaryDatabase();
    receiver = await Receiver.start();
    close = () => Promise.resolve();
  });

  afterEach(async () => {
    await close();
    await receiver.stop();
    await temporary.remove();
  });

  it('brings a database of its own, with the tables of the application beside its own', async () => {
    const path = `${temporary.directory}/own.db`;
    const app = await start([NotificationsModule.forRoot({ ...options(), database: { path, migrations } })]);
    const { log, database } = app.get(Orders, { strict: false });
    const batch = new WriteBatch().run("INSERT INTO orders (id) VALUES ('7')");
    log.append(batch, log.draft({ type: 'orders.order.paid', lane: '7', data: { id: 7 } }));
    await database.commit(batch);
    await waitFor(() => receiver.requests.length === 1);
    expect(receiver.data()).toEqual([{ id: 7 }]);
  });

  it('uses the database that the application has, and options that are made later', async () => {
    const path = `${temporary.directory}/shared.db`;
    const app = await start([
      DatabaseModule.forRoot({ path, migrations: [...notificationsMigrations, ...migrations] }),
      NotificationsModule.forRootAsync({ useFactory: () => Promise.resolve(options()) }),
    ]);
    const { log, database } = app.get(Orders, { strict: false });
    await log.publish({ type: 'orders.order.paid', lane: '7', data: {} });
    await expect(database.read('SELECT count(*) AS events FROM events')).resolves.toEqual([{ events: 1 }]);
    await waitFor(() => receiver.requests.length === 1);
  });

  it('hands each event of the process to a subscriber once, whoever brings the emitter', async () => {
    for (const eventEmitter of [true, false]) {
      const path = `${temporary.directory}/emitter-${eventEmitter}.db`;
      const own = eventEmitter ? [] : [EventEmitterModule.forRoot()];
      const app = await start([
        ...own,
        NotificationsModule.forRoot({ ...options(), eventEmitter, database: { path } }),
      ]);
      const { emitter, heard } = app.get(Orders, { strict: false });
      emitter.emit('orders.paid', { id: 7 });
      expect(heard).toEqual([{ id: 7 }]);
      await close();
    }
  });

  it('makes an injectable sink for each endpoint, known by its name', async () => {
    const app = await start([
      NotificationsModule.forRoot({ ...options(), database: { path: `${temporary.directory}/own.db` } }),
    ]);
    const broadcaster = app.get(Broadcaster, { strict: false });
    const sink = broadcaster.endpoint('audit');
    expect(sink).toBeInstanceOf(EndpointSink);
    expect(sink).toBeInstanceOf(Sink);
    expect(broadcaster.endpoints).toEqual([sink]);
    expect(sink.origin).toBe(`http://127.0.0.1:${receiver.port}`);
    expect(() => broadcaster.endpoint('other')).toThrow(
      expect.objectContaining({ code: 'ENDPOINT_UNKNOWN' }),
    );
  });

  it('tells observers of each attempt and of each delivery', async () => {
    const app = await start([
      NotificationsModule.forRoot({ ...options(), database: { path: `${temporary.directory}/own.db` } }),
    ]);
    const attempts: AttemptObservation[] = [];
    const deliveries: DeliveryObservation[] = [];
    const detach = app.get(DeliveryObservers, { strict: false }).attach({
      attempted: (attempt) => void attempts.push(attempt),
      delivered: (delivery) => void deliveries.push(delivery),
    });
    const { log } = app.get(Orders, { strict: false });
    const { id } = await log.publish({ type: 'orders.order.paid', lane: '7', data: {} });
    await waitFor(() => deliveries.length === 1);
    expect(attempts).toEqual([
      {
        endpoint: 'audit',
        outcome: 'delivered',
        result: { status: 200 },
        durationMs: expect.any(Number),
        eventIds: [id],
      },
    ]);
    expect(deliveries).toEqual([
      { endpoint: 'audit', commitToArrivalMs: [expect.any(Number)], attempts: [1] },
    ]);
    detach();
    await log.publish({ type: 'orders.order.paid', lane: '7', data: {} });
    await waitFor(() => receiver.requests.length === 2);
    expect(attempts).toHaveLength(1);
  });

  it('delivers on when an observer throws, and tells the others', async () => {
    const app = await start([
      NotificationsModule.forRoot({ ...options(), database: { path: `${temporary.directory}/own.db` } }),
    ]);
    const unhandled = vi.fn<() => void>();
    process.on('unhandledRejection', unhandled);
    const observers = app.get(DeliveryObservers, { strict: false });
    const fail = () => {
      throw new Error('no');
    };
    observers.attach({ attempted: fail, delivered: fail });
    const delivered = vi.fn<() => void>();
    observers.attach({ attempted: () => undefined, delivered });
    const { log } = app.get(Orders, { strict: false });
    for (const n of [1, 2]) await log.publish({ type: 'orders.order.paid', lane: '7', data: { n } });
    await waitFor(() => delivered.mock.calls.length > 0 && receiver.requests.length > 0);
    await waitFor(() => app.get(Broadcaster).endpoint('audit').metrics.Successes === 2);
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('does not start with options that are wrong, made early or late', async () => {
    const wrong = { endpoints: [{ name: 'audit', url: 'ftp://example.org' }] };
    const refusal = expect.objectContaining({ code: 'OPTIONS_INVALID' });
    expect(() => NotificationsModule.forRoot(wrong)).toThrow(refusal);
    const late = start([
      sharing(temporary.database),
      NotificationsModule.forRootAsync({ useFactory: () => wrong }),
    ]);
    await expect(late).rejects.toEqual(refusal);
  });

  it('says what is missing when the tables of the application’s database are not there', async () => {
    const bare = SqliteDatabase.open({
      path: `${temporary.directory}/bare.db`,
      migrations: [],
      onWriterDeath: (error) => {
        throw error;
      },
    });
    const started = start([sharing(bare), NotificationsModule.forRoot(options())]);
    await expect(started).rejects.toThrow(/add notificationsMigrations/);
    await bare.close();
  });

  it('does not start when it is set up twice over one database, and may be set up again when the first has stopped', async () => {
    const shared = sharing(temporary.database);
    const named = (name: string) =>
      NotificationsModule.forRoot({ endpoints: [{ name, url: receiver.url, format: 'cloudevents' }] });
    const first = await start([shared, named('a')]);
    await first.close();
    const twice = start([shared, named('a'), { module: class Other {}, imports: [named('b')] }]);
    await expect(twice).rejects.toThrow(/forRoot.*once/);
  });

  it('has the version of its package', () => {
    const { version } = JSON.parse(
      readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
    ) as {
      version: string;
    };
    expect(HERALD_VERSION).toBe(version);
  });
});
