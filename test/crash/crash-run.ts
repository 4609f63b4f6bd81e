import { setTimeout as sleep } from 'node:timers/promises';
import { CrashArena } from './crash-arena.js';
import { isCollected } from './fact.js';
import type { Finding } from './finding.js';
import { anyGeneration } from './generation.js';
import type { PowerLoss } from './power-loss.js';
import { Random } from './random.js';

export interface CrashRunOptions {
  readonly kills: number;
  readonly seed: number;
  /** Each kill that counts is a power loss, which also takes what was not synced; a plain one may come before. */
  readonly power?: boolean;
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
  /** How often it was to be killed: the same number and seed do the same again. */
  readonly planned: number;
  /** Each kill was a power loss. */
  readonly byPower: boolean;
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
  /** Runs that came to their own end. */
  stops: number;
  /** Requests that brought more than one event. */
  envelopes: number;
  /** Collections that were begun, and contents of repositories that they took. */
  collections: number;
  collected: number;
  /** Replays that were acknowledged, and events that they brought. */
  replays: number;
  replayed: number;
  /** Backups that were asked for, and those that came to their end. */
  backupsAsked: number;
  backups: number;
  /** Changes of the configuration of a running registry, and of all configurations those that requests were made by. */
  reloads: number;
  editions: number;
  /** What power losses took. */
  readonly power: { walBytes: number; names: number; files: number; restored: number };
  readonly findings: Finding[];
  /** Data directories of epochs with findings. */
  readonly kept: string[];
}

/** Before how many of the kills a run comes to its own end. */
const STOPPED = 0.08;
const WHILE_STARTING = 0.15;
/** Before how many power losses the process is killed too, and its successor has not synced all that it finds. */
const KILLED_FIRST = 0.5;
const STARTING_MS = { least: 0, most: 1_500 };
const WORKING_MS = { least: 30, most: 600 };

/** Kills registries at random instants while clients work with them, and compares. It ends early, after the epoch that found something. */
export async function crashRun(options: CrashRunOptions): Promise<CrashReport> {
  const { parallel = 2 } = options;
  const report = emptyReport(options);
  const waiting = epochsOf(options);
  const work = async () => {
    for (let epoch = waiting.shift(); epoch !== undefined; epoch = waiting.shift()) {
      await runEpoch(epoch, report, options);
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

function emptyReport({ seed, kills, power = false }: CrashRunOptions): CrashReport {
  return {
    seed,
    planned: kills,
    byPower: power,
    kills: 0,
    killsWhileStarting: 0,
    epochs: 0,
    acknowledged: 0,
    unknown: 0,
    events: 0,
    deliveries: 0,
    unheardUploads: 0,
    stops: 0,
    envelopes: 0,
    collections: 0,
    collected: 0,
    replays: 0,
    replayed: 0,
    backupsAsked: 0,
    backups: 0,
    reloads: 0,
    editions: 0,
    power: { walBytes: 0, names: 0, files: 0, restored: 0 },
    findings: [],
    kept: [],
  };
}

async function runEpoch(
  { random, kills }: Epoch,
  report: CrashReport,
  { power = false, onKill }: CrashRunOptions,
): Promise<void> {
  const arena = await CrashArena.open(random, { power });
  let findings: readonly Finding[] | undefined;
  try {
    const chances = { instants: random.fork('kills'), generations: random.fork('generations') };
    for (let kill = 0; kill < kills; kill += 1) {
      if (chances.generations.chance(STOPPED)) await stopOnce(arena, chances, report);
      await killOnce(arena, chances, power, report);
      onKill?.(report);
    }
    findings = await arena.settle();
    report.findings.push(...findings);
    report.epochs += 1;
    count(arena, report);
  } finally {
    const keep = findings === undefined || findings.length > 0;
    if (keep) report.kept.push(arena.registry.directory);
    await arena.dispose(keep);
  }
}

function count(arena: CrashArena, report: CrashReport): void {
  const { journal, record, receiver, arrivals } = arena;
  report.acknowledged += journal.count('acknowledged');
  report.unknown += journal.count('unknown');
  report.events += arrivals.length;
  report.deliveries += receiver.requests;
  report.unheardUploads += arena.unheardUploads;
  report.envelopes += receiver.envelopes;
  report.collections += record.collections;
  report.collected += arrivals.filter(({ event }) => isCollected(event)).length;
  report.replays += record.replays.length;
  report.replayed += [...receiver.replays.values()].reduce((sum, { size }) => sum + size, 0);
  report.backupsAsked += record.backups.length;
  report.backups += arena.backups.length;
  report.reloads += record.reloads;
  report.editions += receiver.editions.size;
}

/** What is left to chance: when a run ends, and what it is like. */
interface Chances {
  readonly instants: Random;
  readonly generations: Random;
}

/** A run that comes to its own end: what the next one knows of its last second, it was told. */
async function stopOnce(arena: CrashArena, { generations }: Chances, report: CrashReport): Promise<void> {
  const run = await arena.launch(anyGeneration(generations));
  await run.ready;
  await sleep(generations.between(WORKING_MS.least, WORKING_MS.most));
  await arena.stop();
  report.stops += 1;
}

async function killOnce(
  arena: CrashArena,
  chances: Chances,
  power: boolean,
  report: CrashReport,
): Promise<void> {
  if (power && chances.instants.chance(KILLED_FIRST)) {
    await runToAnyInstant(arena, chances);
    await arena.kill();
  }
  const whileStarting = await runToAnyInstant(arena, chances);
  if (power) add(report.power, await arena.losePower());
  else await arena.kill();
  report.kills += 1;
  if (whileStarting) report.killsWhileStarting += 1;
}

/** @returns whether that instant may be one of the start */
async function runToAnyInstant(arena: CrashArena, { instants, generations }: Chances): Promise<boolean> {
  const whileStarting = instants.chance(WHILE_STARTING);
  const { least, most } = whileStarting ? STARTING_MS : WORKING_MS;
  const delayMs = instants.between(least, most);
  const run = await arena.launch(anyGeneration(generations));
  if (!whileStarting) await run.ready;
  await sleep(delayMs);
  return whileStarting;
}

function add(sum: CrashReport['power'], loss: PowerLoss): void {
  sum.walBytes += loss.walBytes;
  sum.names += loss.names;
  sum.files += loss.files;
  sum.restored += loss.restored;
}
