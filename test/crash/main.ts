import { parseArgs } from 'node:util';
import { crashRun } from './crash-run.js';
import { verdict, verdictLine } from './verdict.js';

const PROGRESS = 25;

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '1000' },
    'power-losses': { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    parallel: { type: 'string', default: '2' },
  },
});
const power = values['power-losses'] !== undefined;
const [kills, seed, parallel] = [values['power-losses'] ?? values.kills, values.seed, values.parallel].map(
  Number,
);
if (!isCount(kills) || !isCount(seed) || !isCount(parallel)) {
  console.error('usage: npm run crash -- [--kills N | --power-losses N] [--seed N] [--parallel N]');
  process.exit(2);
}

const ends = power ? 'power losses' : 'kills';
console.log(`seed ${seed}: ${kills} ${ends}`);
const startedMs = performance.now();
const report = await crashRun({
  kills,
  seed,
  parallel,
  power,
  onKill: (sofar) => {
    if (sofar.kills % PROGRESS !== 0) return;
    const seconds = Math.round((performance.now() - startedMs) / 1_000);
    console.log(`${sofar.kills} ${ends}, ${seconds} s: ${verdictLine(sofar)}`);
  },
});
console.log(verdict(report));
process.exitCode = report.findings.length > 0 ? 1 : 0;

function isCount(value: number | undefined): value is number {
  return value !== undefined && Number.isSafeInteger(value) && value > 0;
}
