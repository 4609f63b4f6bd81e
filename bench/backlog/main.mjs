/**
 * 100,000 events wait for an endpoint that is down: how much memory that takes, how much a restart reads, and whether all arrive when
 * the endpoint comes back, each once and in the order of their lanes. Fails when a promise is broken.
 *
 *   npm run bench:backlog [-- --events 100000 --lanes 200]
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Receiver } from './receiver.mjs';

const MOST_BYTES = 30 * 1024 ** 2;
const MOST_ROWS = 5_000;

const { values } = parseArgs({
  options: { events: { type: 'string', default: '100000' }, lanes: { type: 'string', default: '200' } },
});
const events = Number(values.events);
const lanes = Number(values.lanes);
const directory = mkdtempSync(join(tmpdir(), 'herald-backlog-'));
const receiver = await Receiver.start();
const faults = [];

try {
  const filled = await run('fill');
  say(
    `${events} events of ${lanes} lanes wait (${mib(filled.logBytes)} of events, ${filled.seconds.toFixed(1)} s)`,
  );
  say(`while they were published, heap and buffers grew by ${mib(filled.heapBytes)}`);
  hold(filled.heapBytes < MOST_BYTES, `the backlog takes less than ${mib(MOST_BYTES)} of heap and buffers`);

  const nothing = await run('wait', 'empty.db');
  const all = await run('wait');
  const residentBytes = all.residentBytes - nothing.residentBytes;
  say(
    `a process that waits with all of them has ${mib(residentBytes)} more resident than one that waits with none`,
  );
  hold(residentBytes < MOST_BYTES, `the backlog takes less than ${mib(MOST_BYTES)} of resident memory`);

  await receiver.up();
  const restarted = await run('drain');
  say(
    `the restart after SIGKILL read ${restarted.rowsBefore} rows in ${restarted.openMs.toFixed(0)} ms before it was ready`,
  );
  hold(restarted.rowsBefore <= MOST_ROWS, `a restart reads at most ${MOST_ROWS} rows before it serves`);
  say(
    `drained in ${restarted.seconds.toFixed(1)} s, ${(events / restarted.seconds).toFixed(0)} events a second`,
  );
  const { arrived, again, disordered } = receiver.verdict();
  say(`arrived ${arrived}, more than once ${again}, out of order ${disordered}`);
  hold(
    arrived === events && again === 0 && disordered === 0,
    'all arrive, each once, in the order of their lanes',
  );
} finally {
  await receiver.down();
  rmSync(directory, { recursive: true, force: true });
}

for (const fault of faults) say(`BROKEN: ${fault}`);
process.exitCode = faults.length === 0 ? 0 : 1;

/** Runs one part in a process of its own, which is killed when it has said what it found. */
async function run(part, file = 'herald.db') {
  const work = join(import.meta.dirname, 'worker.mjs');
  const args = [part, join(directory, file), receiver.url, String(events), String(lanes)];
  const child = fork(work, args, {
    execArgv: ['--expose-gc'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the ${part} ended with ${code}`);
  });
  let [found] = await Promise.race([once(child, 'message'), ended]);
  if (found === 'down') {
    await receiver.down();
    receiver.forget();
    child.send('go on');
    [found] = await Promise.race([once(child, 'message'), ended]);
  }
  ended.catch(() => undefined);
  child.kill('SIGKILL');
  await once(child, 'exit').catch(() => undefined);
  return found;
}

function hold(kept, promise) {
  if (!kept) faults.push(promise);
}

function say(line) {
  process.stdout.write(`${line}\n`);
}

function mib(bytes) {
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}
