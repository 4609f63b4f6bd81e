/**
 * `npm run bench:pushes`: how fast small blobs are pushed, in each form of the specification, beside Debian's docker-registry where it
 * is installed. See docs/performance.md for what the figures mean.
 *
 *   --blobs 5000      blobs of each cell; docker-registry gets an eighth
 *   --bytes 1024      of each blob
 *   --runs 3          repetitions of each cell; medians are shown
 */
import { createHash, randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { Pool } from 'undici';
import { startHeraldWith, startPeer } from '../registries.mjs';
import { figure, median, table } from '../report.mjs';

const CONNECTIONS = 16;
const REPOSITORIES = 50;

const { values } = parseArgs({
  options: {
    blobs: { type: 'string', default: '5000' },
    bytes: { type: 'string', default: '1024' },
    runs: { type: 'string', default: '3' },
  },
});
const [blobs, bytes, runs] = [values.blobs, values.bytes, values.runs].map(Number);

/** The forms of a push: OCI end-4b; end-4a and end-6; end-4a, end-5 and end-6. docker-registry does not know the first. */
const FORMS = { POST: pushAtOnce, 'POST, PUT': pushWhole, 'POST, PATCH, PUT': pushInChunks };

const rows = [];
for (const [name, push] of Object.entries(FORMS)) {
  const [ours, peers] = [[], []];
  for (let run = 0; run < runs; run += 1) {
    ours.push(await measured(() => startHeraldWith([]), push, blobs));
    if (push !== pushAtOnce)
      peers.push(await measured(() => startPeer('http://127.0.0.1:1/'), push, blobs / 8));
  }
  rows.push(row(name, ours, peers));
  console.error(`… ${rows.at(-1).join(' · ')}`);
}
const head = ['form', 'docker-registry', 'Herald', 'CPU µs/push, docker-registry', 'CPU µs/push, Herald'];
console.log(table(`Pushes of ${bytes} bytes, a second`, head, rows));

function row(name, ours, peers) {
  const middle = (results, key) => median(results.map((result) => result?.[key]));
  const [rate, peerRate] = [middle(ours, 'perSecond'), middle(peers, 'perSecond')];
  const times = peerRate === undefined ? '' : ` (${(rate / peerRate).toPrecision(3)}×)`;
  const cpu = (results) => figure(middle(results, 'cpuUs'));
  return [name, figure(peerRate), figure(rate) + times, cpu(peers), cpu(ours)];
}

/** @returns undefined where the registry is not installed */
async function measured(start, push, count) {
  const registry = await start();
  if (registry === undefined) return undefined;
  const pool = new Pool(registry.url, { connections: CONNECTIONS, pipelining: 1 });
  try {
    let next = 0;
    const work = async () => {
      while (next < count) await push(pool, `bench/repository-${next++ % REPOSITORIES}`, content());
    };
    const [cpuMs, startedMs] = [registry.cpuMs, performance.now()];
    await Promise.all(Array.from({ length: CONNECTIONS }, work));
    const seconds = (performance.now() - startedMs) / 1_000;
    return { perSecond: count / seconds, cpuUs: ((registry.cpuMs - cpuMs) * 1_000) / count };
  } finally {
    await pool.close();
    await registry.stop();
  }
}

function content() {
  const body = randomBytes(bytes);
  return { body, digest: `sha256:${createHash('sha256').update(body).digest('hex')}` };
}

async function pushAtOnce(pool, repository, { body, digest }) {
  await request(pool, 'POST', `/v2/${repository}/blobs/uploads/?digest=${digest}`, 201, body);
}

async function pushWhole(pool, repository, { body, digest }) {
  const session = await request(pool, 'POST', `/v2/${repository}/blobs/uploads/`, 202);
  await request(pool, 'PUT', closing(session, digest), 201, body);
}

async function pushInChunks(pool, repository, { body, digest }) {
  const session = await request(pool, 'POST', `/v2/${repository}/blobs/uploads/`, 202);
  const chunk = await request(pool, 'PATCH', session, 202, body);
  await request(pool, 'PUT', closing(chunk, digest), 201);
}

function closing(location, digest) {
  return `${location}${location.includes('?') ? '&' : '?'}digest=${digest}`;
}

/** Resolves to the path of the answer's `Location`. */
async function request(pool, method, path, expected, body) {
  const headers = body === undefined ? {} : { 'content-type': 'application/octet-stream' };
  const response = await pool.request({ method, path, headers, body });
  const text = await response.body.text();
  if (response.statusCode !== expected)
    throw new Error(`${method} was answered ${response.statusCode}: ${text.slice(0, 200)}`);
  const { pathname, search } = new URL(response.headers.location, 'http://registry');
  return pathname + search;
}
