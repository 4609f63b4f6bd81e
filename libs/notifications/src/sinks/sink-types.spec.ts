import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Injectable, Logger, Module, type DynamicModule, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TemporaryDatabase } from '../../test/temporary-database.js';
import { waitFor } from '../../test/wait-for.js';
import type { AttemptResult } from '../delivery/attempt.js';
import { EventLog } from '../event-log/event-log.js';
import { NotificationsModule } from '../notifications.module.js';
import type { EndpointOptions } from '../notifications.options.js';
import { OnEndpointEvent, type EndpointEvent } from '../transports/on-endpoint-event.js';
import { SinkTransport } from '../transports/sink-transport.js';
import type { Envelope } from '../transports/transport.js';
import { Broadcaster } from './broadcaster.js';

type Thing = { readonly n: number };

@Injectable()
class Billing {
  readonly got: string[] = [];
  readonly events: EndpointEvent[] = [];
  fails: (n: number) => boolean = () => false;

  @OnEndpointEvent('billing')
  async charge(event: EndpointEvent): Promise<void> {
    const { n } = event.data as Thing;
    this.got.push(`${event.lane}${n}`);
    this.events.push(event);
    if (this.fails(n)) throw new Error('the card is declined');
    return Promise.resolve();
  }
}

@Injectable()
class QueueTransport extends SinkTransport {
  readonly queued: string[] = [];
  /** An {@link AttemptResult}, unless it misbehaves. */
  answer: unknown = { kind: 'taken' } satisfies AttemptResult;
  signal: AbortSignal | undefined;

  override post({ records }: Envelope, signal: AbortSignal): Promise<AttemptResult> {
    this.signal = signal;
    if (this.answer === 'hang') return new Promise(() => undefined);
    if (this.answer === 'throw') return Promise.reject(new Error('the queue is full of s3cret'));
    const answer = this.answer as AttemptResult;
    if (answer?.kind === 'taken') this.queued.push(...records.map(({ data }) => data));
    return Promise.resolve(answer);
  }
}

@Module({ providers: [Billing, QueueTransport], exports: [Billing] })
class ApplicationModule {}

describe('endpoints that are no webhooks', () => {
  let temporary: TemporaryDatabase;
  let close: () => Promise<void>;
  let log: EventLog;
  let get: <T>(type: Type<T>) => T;

  const start = async (endpoint: EndpointOptions, application: Type | DynamicModule = ApplicationModule) => {
    const database = { path: join(temporary.directory, 'events.db') };
    const notifications = NotificationsModule.forRoot({
      endpoints: [endpoint],
      drainTimeoutMs: 100,
      database,
    });
    const testing = await Test.createTestingModule({ imports: [notifications, application] }).compile();
    close = () => {
      close = () => Promise.resolve();
      return testing.close();
    };
    await testing.init();
    log = testing.get(EventLog, { strict: false });
    get = (type) => testing.get(type, { strict: false });
  };
  const publish = async (lane: string, ...numbers: readonly number[]) => {
    for (const n of numbers)
      await log.publish({ type: 'test.thing.happened', lane, data: { n } satisfies Thing });
  };
  const metrics = (name: string) => get(Broadcaster).endpoint(name).metrics;
  const done = (name: string, count: number) =>
    waitFor(() => metrics(name).Pending === 0 && metrics(name).Successes === count);

  beforeEach(() => {
    vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    vi.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
    temporary = new TemporaryDatabase();
    close = () => Promise.resolve();
  });

  afterEach(async () => {
    await close();
    await temporary.remove();
    vi.restoreAllMocks();
  });

  describe('a handler in the process', () => {
    const billing = { name: 'billing', type: 'emitter', backoffMs: 1, maxBackoffMs: 5 } as const;

    it('gets every event of a lane in order, and again until it does not throw', async () => {
      await start(billing);
      const handler = get(Billing);
      let failures = 3;
      handler.fails = (n) => n === 2 && (failures -= 1) >= 0;
      await publish('x', 1, 2, 3);
      await done('billing', 3);
      expect(handler.got).toEqual(['x1', 'x2', 'x2', 'x2', 'x2', 'x3']);
      const [first, second, again] = handler.events;
      expect(first).toMatchObject({ type: 'test.thing.happened', sequence: 1, log: log.uuid });
      expect(again?.id).toBe(second?.id);
      expect(metrics('billing')).toMatchObject({ Successes: 3, Errors: 3, lastError: 'handler' });
    });

    it('gets what it did not finish after a restart', async () => {
      await start(billing);
      get(Billing).fails = () => true;
      await publish('x', 1, 2);
      await waitFor(() => get(Billing).got.length > 0);
      await close();
      await start(billing);
      await done('billing', 2);
      expect(get(Billing).got).toEqual(['x1', 'x2']);
    });

    it('is waited for while there is none: nothing is taken by nobody', async () => {
      await start(billing, class Nothing {});
      await publish('x', 1);
      await waitFor(() => metrics('billing').Errors > 0);
      expect(metrics('billing')).toMatchObject({ Pending: 1, Successes: 0, lastError: 'handler' });
      await close();
      await start(billing);
      await done('billing', 1);
      expect(get(Billing).got).toEqual(['x1']);
    });
  });

  describe("a transport of the application's own", () => {
    const queue = {
      name: 'queue',
      type: 'custom',
      transport: QueueTransport,
      backoffMs: 1,
      maxBackoffMs: 5,
    } as const;

    it('gets the events, and again what it threw over', async () => {
      await start(queue);
      const transport = get(QueueTransport);
      transport.answer = 'throw';
      await publish('x', 1, 2);
      await waitFor(() => metrics('queue').Errors > 1);
      expect(metrics('queue').lastError).toBe('transport');
      transport.answer = { kind: 'taken' };
      await done('queue', 2);
      expect(transport.queued).toEqual(['{"n":1}', '{"n":2}']);
    });

    it('may answer as a webhook does', async () => {
      await start(queue);
      get(QueueTransport).answer = { kind: 'answered', status: 410, text: '' };
      await publish('x', 1);
      await waitFor(() => metrics('queue').state === 'retired');
      expect(metrics('queue').Pending).toBe(1);
    });

    it.each<[string, unknown]>([
      ['nothing', undefined],
      ['a text', 'ok'],
      ['something else', { ok: true }],
      ['no status', { kind: 'answered' }],
      ['that it was given up', { kind: 'abandoned' }],
    ])('fails when it answers %s, and is tried again by its schedule', async (_what, answer) => {
      await start({ ...queue, schedule: [60_000] });
      get(QueueTransport).answer = answer;
      await publish('x', 1);
      await waitFor(() => metrics('queue').Errors > 0);
      expect(metrics('queue')).toMatchObject({ attempts: 1, Errors: 1, lastError: 'transport', Pending: 1 });
    });

    it('decides nothing about when it is asked again', async () => {
      await start({ ...queue, schedule: [60_000] });
      get(QueueTransport).answer = { kind: 'unanswered', fault: 'connect', sent: true, stale: true };
      await publish('x', 1);
      await waitFor(() => metrics('queue').Errors > 0);
      await new Promise(setImmediate);
      expect(metrics('queue')).toMatchObject({ attempts: 1, lastError: 'connect' });
    });

    it('is not waited for longer than its timeout, nor at the end', async () => {
      await start({ ...queue, timeoutMs: 20 });
      const transport = get(QueueTransport);
      transport.answer = 'hang';
      await publish('x', 1);
      await waitFor(() => metrics('queue').lastError === 'timeout');
      expect(transport.signal?.aborted).toBe(true);
      await close();
    });

    it('must be a provider of the application', async () => {
      await expect(start(queue, class Nothing {})).rejects.toThrow(
        expect.objectContaining({ code: 'OPTIONS_INVALID' }),
      );
      await close();
      await expect(start({ ...queue, transport: Billing })).rejects.toThrow('extends SinkTransport');
    });
  });

  describe('a file', () => {
    it('gets what happened while it could not be written, over a restart', async () => {
      const path = join(temporary.directory, 'out', 'events.ndjson');
      const file = {
        name: 'archive',
        type: 'file',
        path,
        format: 'cloudevents',
        backoffMs: 1,
        maxBackoffMs: 5,
      } as const;
      await start(file);
      await publish('x', 1, 2);
      await waitFor(() => metrics('archive').Errors > 0 && metrics('archive').Pending === 2);
      expect(metrics('archive')).toMatchObject({ Pending: 2, lastError: 'file', deadLetters: 0 });
      expect(get(Broadcaster).endpoint('archive').origin).toBe('file');
      await close();
      await start({ ...file, path: join(temporary.directory, 'events.ndjson') });
      await publish('x', 3);
      await waitFor(() => metrics('archive').Successes === 3);
      const lines = readFileSync(join(temporary.directory, 'events.ndjson'), 'utf8').trimEnd().split('\n');
      expect(lines.map((line) => (JSON.parse(line) as { data: Thing }).data.n)).toEqual([1, 2, 3]);
    });
  });
});
