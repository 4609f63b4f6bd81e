/** What is measured: each function starts its registry and its receiver, measures, and leaves nothing behind. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from './client.mjs';
import { ReceiverProcess } from './receiver-process.mjs';
import { startHerald, startHeraldWith, startPeer } from '../registries.mjs';

async function withRegistry(start, measure) {
  const receiver = new ReceiverProcess();
  await receiver.up(0);
  const registry = await start(receiver.url);
  if (registry === undefined) {
    receiver.close();
    return undefined;
  }
  const client = new Client(registry.url);
  try {
    return await measure({ registry, receiver, client });
  } finally {
    await client.close();
    await registry.stop();
    receiver.close();
  }
}

/** Events that are made while the endpoint refuses connections, and how fast they arrive when it takes them again. */
export function drain({ events, answerAfterMs, repositories, endpoint, nodeArguments }) {
  return withRegistry(
    (url) => startHerald(url, endpoint, nodeArguments),
    async ({ registry, receiver, client }) => {
      await receiver.down();
      await client.push(events, repositories);
      return drained({ registry, receiver, events, answerAfterMs });
    },
  );
}

/** The same of docker-registry, with fewer events, and with pulls: it pushes some hundred blobs a second. */
export function drainPeer({ events, answerAfterMs }) {
  return withRegistry(startPeer, async ({ registry, receiver, client }) => {
    const repository = 'bench/peer';
    const { digest } = await client.pushOne(repository);
    await receiver.arrived(1);
    await receiver.report();
    await receiver.down();
    await client.pull(events, { repository, digest });
    return drained({ registry, receiver, events, answerAfterMs });
  });
}

async function drained({ registry, receiver, events, answerAfterMs }) {
  const cpuMs = registry.cpuMs;
  await receiver.up(answerAfterMs);
  await receiver.arrived(events);
  // What the receiver answers last is still to be acknowledged in the log.
  await sleep(200);
  const usedMs = registry.cpuMs - cpuMs;
  const report = await receiver.report();
  if (report.events < events) throw new Error(`${events} events were made, and ${report.events} arrived`);
  if (report.disorder > 0) throw new Error(`${report.disorder} events arrived out of order`);
  return {
    perSecond: (report.events * 1_000) / report.spanMs,
    requests: report.requests,
    cpuUsPerEvent: (usedMs * 1_000) / report.events,
    bytesPerEvent: report.bytes / report.events,
  };
}

/** Events that are delivered while they are made. */
export function live({ events, repositories, endpoint }) {
  return withRegistry(
    (url) => startHerald(url, endpoint),
    async ({ receiver, client }) => {
      const produced = await client.push(events, repositories);
      await receiver.arrived(events);
      const { spanMs } = await receiver.report();
      return { produced, delivered: (events * 1_000) / spanMs };
    },
  );
}

/** How long after the answer to a push its event arrives, when nothing else is going on. */
export function idleDelay({ pushes }) {
  return withRegistry(
    (url) => startHerald(url, {}),
    async ({ receiver, client }) => {
      const warmUp = 100;
      const answeredAt = new Map();
      for (let n = 0; n < pushes + warmUp; n += 1) {
        const { digest, answeredAt: at } = await client.pushOne('bench/idle');
        if (n >= warmUp) answeredAt.set(digest, at);
        await sleep(5);
      }
      await receiver.arrived(pushes + warmUp);
      return percentiles(delaysMs(await receiver.arrivals(), answeredAt));
    },
  );
}

/** The same at each of many healthy endpoints, one event a second, beside dead ones, whose connections are refused. */
export function manyEndpoints({ healthy, dead, seconds }) {
  const endpoints = (url) => [
    ...Array.from({ length: healthy }, (_, n) => ({ name: `healthy-${n}`, url: `${url}/${n}` })),
    ...Array.from({ length: dead }, (_, n) => ({ name: `dead-${n}`, url: `http://127.0.0.1:1/${n}` })),
  ];
  return withRegistry(
    (url) => startHeraldWith(endpoints(url)),
    async ({ receiver, client }) => {
      const warmUp = 3;
      const answeredAt = new Map();
      for (let n = 0; n < seconds + warmUp; n += 1) {
        const { digest, answeredAt: at } = await client.pushOne('bench/many');
        if (n >= warmUp) answeredAt.set(digest, at);
        await sleep(1_000);
      }
      await receiver.arrived((seconds + warmUp) * healthy);
      return percentiles(delaysMs(await receiver.arrivals(), answeredAt));
    },
  );
}

/** How long a manifest takes, one GET after the other: when idle, and while a backlog is drained. */
export function readsDuringDrain({ pending }) {
  return withRegistry(
    (url) => startHerald(url, {}),
    async ({ receiver, client }) => {
      const repository = 'bench/reads';
      const manifest = await client.pushManifest(repository);
      const { digest } = await client.pushOne(repository);
      await client.pull(2_000, { repository, digest });
      await receiver.arrived(2_002);
      const idle = await timedReads(client, { repository, manifest, during: sleep(3_000) });
      await receiver.arrived(2_002 + idle.length);
      await receiver.report();
      await receiver.down();
      await client.push(pending, 100);
      await receiver.up(0);
      const busy = await timedReads(client, { repository, manifest, during: receiver.arrived(pending) });
      return { idle: percentiles(idle), busy: { ...percentiles(busy), reads: busy.length } };
    },
  );
}

async function timedReads(client, { repository, manifest, during }) {
  const timesMs = [];
  const over = new AbortController();
  void during.finally(() => over.abort());
  while (!over.signal.aborted) {
    const startedMs = performance.now();
    await client.pullManifest(repository, manifest);
    timesMs.push(performance.now() - startedMs);
  }
  return timesMs;
}

function delaysMs(arrivals, answeredAt) {
  return arrivals
    .filter(([digest]) => answeredAt.has(digest))
    .map(([digest, at]) => Math.max(0, Number(at - answeredAt.get(digest)) / 1e6));
}

function percentiles(valuesMs) {
  const sorted = valuesMs.toSorted((a, b) => a - b);
  return {
    p50Ms: sorted[Math.floor(sorted.length * 0.5)],
    p99Ms: sorted[Math.floor(sorted.length * 0.99)],
  };
}

/** How much more memory so many pending events take, in bytes, after the registry was warmed up by others that were delivered. */
export function memory({ pending, repositories }) {
  return withRegistry(
    (url) => startHerald(url, {}),
    async ({ registry, receiver, client }) => {
      await client.push(pending / 2, repositories);
      await receiver.arrived(pending / 2);
      await receiver.report();
      await sleep(1_000);
      const before = registry.memoryBytes;
      await receiver.down();
      await client.push(pending, repositories);
      await sleep(1_000);
      return registry.memoryBytes - before;
    },
  );
}

export function memoryOfPeer({ pending }) {
  return withRegistry(startPeer, async ({ registry, receiver, client }) => {
    const repository = 'bench/peer';
    const { digest } = await client.pushOne(repository);
    await client.pull(1_000, { repository, digest });
    await receiver.arrived(1_001);
    await sleep(1_000);
    const before = registry.memoryBytes;
    await receiver.down();
    await client.pull(pending, { repository, digest });
    await sleep(1_000);
    return registry.memoryBytes - before;
  });
}
