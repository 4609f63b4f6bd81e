import { setTimeout as sleep } from 'node:timers/promises';
import { CrashArena } from './crash-arena.js';
import type { Finding } from './finding.js';
import { Random } from './random.js';

export interface CrashRunOptions {
  readonly kills: number;
  readonly seed: number;
  /** Registries at the same time, each with data of its own: one starts while the other works. */
  readonly parallel?: number;
  /** Kills after which all is compared, and a new data directory is begun. */
  readonly killsPerEpoch?: number;
  /** Called after each kill. */
  readonly onKill?: (report: CrashReport) => void;
}

/** What a run has seen so far. */
export interface CrashReport {
  readonly seed: number;
  kills: number;
  /** Of the kills, those that came before the registry was ready. */
  killsWhileStarting: number;
  epochs: number;
  acknowledged: number;
  unknown: number;
  events: number;
  /** Requests that the receiver got with events, repeated ones too. */
  deliveries: number;
  /** Upload files that are left, and that no client was ever told of. */
  unheardUploads: number;
  readonly findings: Finding[];
  /** Data directories of epochs with findings. */
  readonly kept: string[];
}

const WHILE_STARTING = 0.15;
const STARTING_MS = { least: 0, most: 1_500 };
const WORKING_MS = { least: 30, most: 600 };

/** Kills registries at random instants while clients work with them, and compares. It ends early, after the epoch that found something. */
export async function crashRun(options: CrashRunOptions): Promise<CrashReport> {
  const { seed, parallel = 2, onKill } = options;
  const report = emptyReport(seed);
  const waiting = epochsOf(options);
  const work = async () => {
    for (let epoch = waiting.shift(); epoch !== undefined; epoch = waiting.shift()) {
      await runEpoch(epoch, report, onKill);
      if (report.findings.length > 0) return;
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  return report;
}

/** Kills of one registry with one data directory. */
interface Epoch {
  readonly random: Random;
  readonly kills: number;
}

function epochsOf({ kills, seed, parallel = 2, killsPerEpoch = 100 }: CrashRunOptions): Epoch[] {
  const epochs = Math.max(Math.min(parallel, kills), Math.ceil(kills / killsPerEpoch));
  return Array.from({ length: epochs }, (_, index) => ({
    random: new Random(seed, `epoch ${index}`),
    kills: Math.floor(kills / epochs) + (index < kills % epochs ? 1 : 0),
  }));
}

function emptyReport(seed: number): CrashReport {
  return {
    seed,
    kills: 0,
    killsWhileStarting: 0,
    epochs: 0,
    acknowledged: 0,
    unknown: 0,
    events: 0,
    deliveries: 0,
    unheardUploads: 0,
    findings: [],
    kept: [],
  };
}

async function runEpoch(
  { random, kills }: Epoch,
  report: CrashReport,
  onKill: CrashRunOptions['onKill'],
): Promise<void> {
  const arena = await CrashArena.open(random);
  let findings: readonly Finding[] | undefined;
  try {
    const instants = random.fork('kills');
    for (let kill = 0; kill < kills; kill += 1) {
      await killOnce(arena, instants, report);
      onKill?.(report);
    }
    findings = await arena.settle();
    report.findings.push(...findings);
    report.epochs += 1;
    report.acknowledged += arena.journal.count('acknowledged');
    report.unknown += arena.journal.count('unknown');
    report.events += arena.arrivals.length;
    report.deliveries += arena.receiver.requests;
    report.unheardUploads += arena.unheardUploads;
  } finally {
    const keep = findings === undefined || findings.length > 0;
    if (keep) report.kept.push(arena.registry.directory);
    await arena.dispose(keep);
  }
}

async function killOnce(arena: CrashArena, instants: Random, report: CrashReport): Promise<void> {
  const whileStarting = instants.chance(WHILE_STARTING);
  const { least, most } = whileStarting ? STARTING_MS : WORKING_MS;
  const delayMs = instants.between(least, most);
  const run = await arena.launch();
  if (!whileStarting) await run.ready;
  await sleep(delayMs);
  await arena.kill();
  report.kills += 1;
  if (whileStarting) report.killsWhileStarting += 1;
}
