/**
 * `npm run bench:delivery`: how fast events reach an endpoint, beside Debian's docker-registry where it is installed. See
 * docs/performance.md for what the figures mean.
 *
 *   --events 20000    events of each cell
 *   --runs 3          repetitions of each cell; medians are shown
 *   --only drain,…    drain, one-lane, live, idle, memory, endpoints, reads
 *   --profile         write a CPU profile of Herald to the working directory
 */
import { parseArgs } from 'node:util';
import {
  drain,
  drainPeer,
  idleDelay,
  live,
  manyEndpoints,
  memory,
  memoryOfPeer,
  readsDuringDrain,
} from './measurements.mjs';
import { figure, median, table } from '../report.mjs';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '20000' },
    runs: { type: 'string', default: '3' },
    only: { type: 'string', default: 'drain,one-lane,live,idle,memory,endpoints,reads' },
    profile: { type: 'boolean', default: false },
  },
});
const events = Number(values.events);
const runs = Number(values.runs);
const parts = new Set(values.only.split(','));
const nodeArguments = values.profile ? ['--cpu-prof'] : [];

const ENVELOPES = { concurrency: 16, batch: { maxevents: 500, maxbytes: '1MiB' } };
const SINGLE = { concurrency: 64, batch: { maxevents: 1, maxbytes: '1MiB' } };
const REPOSITORIES = 100;

/** Events per second that a registry without envelopes and lanes delivers at most: enough events for a second or two each. */
const peerEvents = (answerAfterMs) =>
  Math.min(events, Math.max(40, Math.round(3_000 / (answerAfterMs + 1 || 1))));

/** Answering times in ms, and how often docker-registry's rate is to be reached with envelopes and without. */
const CELLS = [
  { answerAfterMs: 0, goal: 15, goalSingle: 2 },
  { answerAfterMs: 1, goal: 60, goalSingle: 6 },
  { answerAfterMs: 10, goal: 400, goalSingle: 30 },
  { answerAfterMs: 50, goal: 2_000, goalSingle: 55 },
];

if (parts.has('drain')) await drainTable();
if (parts.has('one-lane')) await oneLane();
if (parts.has('live')) await liveLine();
if (parts.has('idle')) await idleLine();
if (parts.has('memory')) await memoryLine();
if (parts.has('endpoints')) await endpointsLine();
if (parts.has('reads')) await readsLine();

async function drainTable() {
  const rows = [];
  for (const cell of CELLS) {
    const row = await drainRow(cell);
    console.error(`… ${row.join(' · ')}`);
    rows.push(row);
  }
  const head = [
    'answers in',
    'docker-registry',
    'Herald, envelopes',
    'Herald, maxevents 1',
    'CPU µs/event',
    '… maxevents 1',
    'body bytes/event',
  ];
  console.log(table('Drain rate, events/s', head, rows));
}

/** The three are measured in turn, so that what else the machine does falls on all of them. */
async function drainRow({ answerAfterMs, goal, goalSingle }) {
  const [peers, full, single] = [[], [], []];
  const setting = { answerAfterMs, repositories: REPOSITORIES, nodeArguments };
  for (let run = 0; run < runs; run += 1) {
    peers.push(await drainPeer({ events: peerEvents(answerAfterMs), answerAfterMs }));
    full.push(await drain({ ...setting, events, endpoint: ENVELOPES }));
    single.push(await drain({ ...setting, events: singleEvents(answerAfterMs), endpoint: SINGLE }));
  }
  const middle = (results, name) => median(results.map((result) => result?.[name]));
  const peer = middle(peers, 'perSecond');
  const beside = (results, least) => {
    const ours = middle(results, 'perSecond');
    return `${figure(ours)} (${ratio(ours, peer)}, goal ${least})`;
  };
  return [
    `${answerAfterMs} ms`,
    figure(peer),
    beside(full, goal),
    beside(single, goalSingle),
    figure(middle(full, 'cpuUsPerEvent')),
    figure(middle(single, 'cpuUsPerEvent')),
    figure(middle(full, 'bytesPerEvent')),
  ];
}

function singleEvents(answerAfterMs) {
  return answerAfterMs >= 50 ? Math.min(events, 5_000) : Math.min(events, 10_000);
}

async function oneLane() {
  const answerAfterMs = 10;
  const [peers, ours] = [[], []];
  for (let run = 0; run < runs; run += 1) {
    peers.push((await drainPeer({ events: peerEvents(answerAfterMs), answerAfterMs }))?.perSecond);
    ours.push(
      (await drain({ events, answerAfterMs, repositories: 1, endpoint: ENVELOPES, nodeArguments })).perSecond,
    );
  }
  console.log(
    `One repository, 10 ms: ${figure(median(ours))} events/s (${ratio(median(ours), median(peers))}, goal 60)\n`,
  );
}

async function liveLine() {
  const { produced, delivered } = await live({ events, repositories: REPOSITORIES, endpoint: ENVELOPES });
  console.log(`Live, 0 ms: ${figure(delivered)} events/s delivered of ${figure(produced)} made\n`);
}

async function idleLine() {
  const { p50Ms, p99Ms } = await idleDelay({ pushes: 500 });
  console.log(
    `Idle, answer of the push to arrival: p50 ${p50Ms.toFixed(2)} ms (goal 2), p99 ${p99Ms.toFixed(2)} ms (goal 10)\n`,
  );
}

async function memoryLine() {
  const pending = 50_000;
  const mib = (bytes) => (bytes === undefined ? 'not installed' : `${(bytes / 2 ** 20).toFixed(0)} MiB`);
  const ours = await memory({ pending, repositories: REPOSITORIES });
  console.log(
    `Memory for ${pending} pending events: Herald ${mib(ours)} (goal 30), docker-registry ${mib(await memoryOfPeer({ pending }))}\n`,
  );
}

/** In turn, so that what else the machine does falls on both. */
async function endpointsLine() {
  const setting = { healthy: 990, seconds: 15 };
  const [alone, beside] = [[], []];
  for (let run = 0; run < runs; run += 1) {
    alone.push((await manyEndpoints({ ...setting, dead: 0 })).p99Ms);
    beside.push((await manyEndpoints({ ...setting, dead: 10 })).p99Ms);
  }
  console.log(
    `990 endpoints, one event a second: arrival p99 ${figure(median(alone))} ms alone, ${figure(median(beside))} ms beside 10 dead ones (${ratio(median(beside), median(alone))}, goal 2)\n`,
  );
}

async function readsLine() {
  const pending = Math.max(events, 100_000);
  const { idle, busy } = await readsDuringDrain({ pending });
  console.log(
    `GET manifest: p99 ${idle.p99Ms.toFixed(2)} ms idle, ${busy.p99Ms.toFixed(2)} ms during a drain of ${pending} (${ratio(busy.p99Ms, idle.p99Ms)}, goal 3; ${busy.reads} reads)\n`,
  );
}

function ratio(ours, peer) {
  return peer === undefined ? 'no peer' : `${(ours / peer).toPrecision(3)}×`;
}
