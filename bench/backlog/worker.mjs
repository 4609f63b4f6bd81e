/** One life of an application with one endpoint: fills its log while the endpoint is down, or starts again and drains it. */
import 'reflect-metadata';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { Database, SqliteDatabase, WriteBatch } from '../../dist/libs/database/src/index.js';
import { Broadcaster, EventLog, NotificationsModule } from '../../dist/libs/notifications/src/index.js';

const BATCH = 500;
/** Events that are delivered before the memory is measured for the first time: by then caches are full and code is compiled. */
const WARM_UP = 50_000;
/** ms in which an endpoint that is down is tried before the memory is measured. */
const WAIT_MS = 3_000;
const PADDING = 'x'.repeat(600);

const [part, path, url, eventsText, lanesText] = process.argv.slice(2);
const events = Number(eventsText);
const lanes = Number(lanesText);

let rows = 0;
const read = SqliteDatabase.prototype.read;
SqliteDatabase.prototype.read = async function (...args) {
  const found = await read.apply(this, args);
  rows += found.length;
  return found;
};

const startedMs = performance.now();
const endpoint = {
  name: 'dead',
  url,
  format: 'cloudevents',
  cloudevents: { mode: 'batched' },
  backlog: { maxBytes: 0 },
  batch: { maxEvents: 500, maxBytes: 1024 ** 2 },
};
const application = await NestFactory.createApplicationContext(
  NotificationsModule.forRoot({ database: { path }, endpoints: [endpoint] }),
  { logger: ['error'] },
);
const openMs = performance.now() - startedMs;
const rowsBefore = rows;
const log = application.get(EventLog);
const database = application.get(Database, { strict: false });
const metrics = () => application.get(Broadcaster).endpoint('dead').metrics;

const parts = { fill, wait, drain };
process.send(await parts[part]());

async function fill() {
  await append('warm', WARM_UP);
  while (metrics().Pending > 0) await delay(5);
  process.send('down');
  await once(process, 'message');
  const beganMs = performance.now();
  const before = memory();
  await append('lane', events);
  const after = memory();
  return {
    heapBytes: after.heapBytes - before.heapBytes,
    logBytes: metrics().backlog.bytes,
    seconds: (performance.now() - beganMs) / 1_000,
  };
}

/** Tries the endpoint for some seconds, in vain. An empty log gets one event to try it with. */
async function wait() {
  if (metrics().Events === 0) await append('one', 1);
  await delay(WAIT_MS);
  return memory();
}

async function drain() {
  const beganMs = performance.now();
  while (metrics().Pending > 0 || metrics().Events < WARM_UP + events) await delay(5);
  return { openMs, rowsBefore, seconds: (performance.now() - beganMs) / 1_000 };
}

async function append(family, count) {
  const { Events } = metrics();
  for (let at = 0; at < count; at += BATCH) {
    const batch = new WriteBatch();
    for (let index = at; index < Math.min(at + BATCH, count); index += 1)
      log.append(batch, eventOf(family, index));
    await database.commit(batch);
  }
  while (metrics().Events < Events + count) await delay(5);
}

function eventOf(family, index) {
  const lane = `${family}/${index % lanes}`;
  const n = Math.floor(index / lanes) + 1;
  return log.draft({ type: 'bench.thing.happened', lane, data: { lane, n, padding: PADDING } });
}

function memory() {
  for (let round = 0; round < 3; round += 1) globalThis.gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heapBytes: heapUsed + external, residentBytes: rss };
}
