import type { Socket } from 'node:net';
import type { Cut, Fault, WebhookOptions } from '@herald/notifications';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../support/registry-process.js';
import { EXPIRED, SELF_SIGNED, SELF_SIGNED_KEY } from './certificates.js';
import { FaultBench, until, type Answering } from './fault-bench.js';

/** Far longer than a healthy endpoint needs, on a busy machine too. */
const TIMEOUT_MS = 2_000;

interface Faulty {
  readonly url: () => Promise<string>;
  readonly options?: Partial<WebhookOptions>;
  /** What goes wrong; of those that answer at once and are cut afterwards, why they are. */
  readonly expected: Fault | { readonly cut: Cut };
  /** It uses its time up, so that nothing is known before. */
  readonly slow?: true;
}

const accept: Answering = (_body, _request, response) => response.end();

describe('an endpoint that', () => {
  const bench = new FaultBench();
  const timers: NodeJS.Timeout[] = [];

  /** A byte after the other, for ever. */
  const trickle = (beginning: string) => () =>
    bench.raw((socket) => {
      socket.write(beginning);
      timers.push(setInterval(() => socket.writable && socket.write('x'), 20));
    });

  const pour = (socket: Socket): void => {
    while (socket.writable && socket.write('z'.repeat(65_536)));
  };

  const secure = (cert: string) => () => bench.http(accept, { cert, key: SELF_SIGNED_KEY });

  const faulty: Readonly<Record<string, Faulty>> = {
    hangs: { url: () => bench.http(() => undefined), expected: 'first-byte-timeout', slow: true },
    'is slower than its first byte may be': {
      url: () => bench.http(() => undefined),
      options: { timeoutMs: 60_000, timeouts: { firstByteMs: TIMEOUT_MS } },
      expected: 'first-byte-timeout',
      slow: true,
    },
    'trickles headers': { url: trickle('HTTP/1.1 200 OK\r\nX: '), expected: 'timeout', slow: true },
    'trickles a body': {
      url: trickle('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n'),
      expected: { cut: 'time' },
      slow: true,
    },
    'sends an endless body': {
      url: () =>
        bench.raw((socket) => {
          socket.write('HTTP/1.1 200 OK\r\n\r\n');
          socket.on('drain', () => pour(socket));
          pour(socket);
        }),
      expected: { cut: 'size' },
    },
    'breaks off its body': {
      url: () => bench.raw((socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf')),
      expected: { cut: 'lost' },
    },
    'sends endless headers': {
      url: () =>
        bench.raw((socket) => {
          socket.write('HTTP/1.1 200 OK\r\nX: ');
          socket.on('drain', () => pour(socket));
          pour(socket);
        }),
      expected: 'connect',
    },
    'resets connections': { url: () => bench.raw((socket) => socket.resetAndDestroy()), expected: 'connect' },
    'does not speak HTTP': {
      url: () => bench.raw((socket) => socket.end('220 smtp\r\n')),
      expected: 'connect',
    },
    'is not there': { url: async () => `http://127.0.0.1:${await freePort()}`, expected: 'connect' },
    'has no name': { url: () => Promise.resolve('http://hook.invalid'), expected: 'dns' },
    'may not be reached': { url: () => Promise.resolve('http://169.254.169.254'), expected: 'address' },
    'begins no TLS handshake': {
      url: async () => (await bench.raw(() => undefined)).replace('http:', 'https:'),
      expected: 'connect-timeout',
      slow: true,
    },
    'has an expired certificate': {
      url: secure(EXPIRED),
      options: { tls: { ca: EXPIRED } },
      expected: 'tls',
    },
    'has a certificate of another name': {
      url: secure(SELF_SIGNED),
      options: { tls: { ca: SELF_SIGNED, serverName: 'other.example' } },
      expected: 'tls',
    },
    'signed its certificate itself': { url: secure(SELF_SIGNED), expected: 'tls' },
    'speaks no TLS': {
      url: async () =>
        (await bench.raw((socket) => socket.end('HTTP/1.1 400 No\r\n\r\n'))).replace('http:', 'https:'),
      expected: 'tls',
    },
    'is behind a proxy that is not there': {
      url: () => Promise.resolve('https://hook.example'),
      options: { proxy: 'http://127.0.0.1:9' },
      expected: 'proxy',
    },
    'does not agree': {
      url: () => bench.http(accept),
      options: { handshake: { origin: 'registry.example' } },
      expected: 'handshake',
    },
  };

  let healthyAfterMs = Infinity;
  let failedBefore: readonly string[] = [];

  beforeAll(async () => {
    const healthy = Object.keys(faulty).map((name) => `beside the one that ${name}`);
    const origin = await bench.http(accept);
    const endpoints = await Promise.all(
      Object.entries(faulty).map(async ([name, { url, options }]) =>
        Object.assign({ name, url: await url(), timeoutMs: TIMEOUT_MS, schedule: [1_000] }, options),
      ),
    );
    await bench.start([...endpoints, ...healthy.map((name) => ({ name, url: `${origin}/${name}` }))]);
    const startedMs = performance.now();
    await bench.publish('lane');
    await until(() => {
      for (const name of healthy) expect(bench.metrics(name).Successes, name).toBe(1);
    });
    healthyAfterMs = performance.now() - startedMs;
    failedBefore = Object.entries(faulty).flatMap(([name, { slow }]) =>
      slow === true && bench.metrics(name).attempts > 0 ? [name] : [],
    );
  });

  afterAll(async () => {
    for (const timer of timers) clearInterval(timer);
    await bench.stop();
  });

  it('uses up its time holds up no other: those beside are done before its first timeout ends', () => {
    expect(failedBefore).toEqual([]);
    expect(healthyAfterMs).toBeLessThan(TIMEOUT_MS);
  });

  it.each(Object.entries(faulty))('%s is told apart, and keeps its event', async (name, { expected }) => {
    if (typeof expected === 'object') {
      await until(() => expect(bench.metrics(name).cutAnswers).toEqual({ [expected.cut]: 1 }));
      expect(bench.metrics(name)).toMatchObject({ Successes: 1, Pending: 0, faults: {} });
      return;
    }
    await until(() => expect(bench.metrics(name).Errors).toBeGreaterThan(0));
    const { Errors, lastError, faults, Pending, Successes, deadLetters } = bench.metrics(name);
    expect({ lastError, faults }).toEqual({ lastError: expected, faults: { [expected]: Errors } });
    expect({ Pending, Successes, deadLetters }).toEqual({ Pending: 1, Successes: 0, deadLetters: 0 });
  });
});
