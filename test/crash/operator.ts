import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from './connection.js';
import { changed, ENDPOINT, type Duty, type Generation } from './generation.js';
import type { Journal } from './journal.js';
import type { OperatorRecord } from './operator-record.js';
import type { Random } from './random.js';

/** Names itself so to the registry. */
const OPERATOR = 'crash operator';

const COLLECT_EVERY_MS = 30;
const RELOAD_EVERY_MS = { least: 60, most: 250 };
const PAUSE_MS = 10;

/** How long a backup holds collection, in s: longer than its list is looked through. */
const HOLD_S = 2;

/** Events of a replay that is made slow, so that it seldom ends before its registry, and events per second of it. */
const SLOW_EVENTS = 400;
const SLOW_RATE = 500;

/** The registry as its operator has it: where it lies, and how it is told to read its configuration again. */
export interface Operated {
  readonly directory: string;
  readonly data: string;
  configure(generation: Generation): void;
  hangUp(): void;
}

interface View {
  readonly state?: string;
  readonly heldUntil?: string;
  readonly replay?: { readonly id: string };
  readonly replays?: readonly { readonly state: string }[];
}

/** Collects garbage, sends events again, makes backups and changes settings, of a registry that may be gone at any moment. */
export class Operator {
  readonly #admin: Connection;
  readonly #duties: Readonly<Record<Duty, (generation: Generation, over: AbortSignal) => Promise<void>>> = {
    collect: (_, over) => this.#collectAgainAndAgain(over),
    replay: () => this.replay(this.random.chance(0.5)),
    'back-up': () => this.backUp(),
    reload: (generation, over) => this.#reloadAgainAndAgain(generation, over),
  };

  constructor(
    private readonly registry: Operated,
    private readonly journal: Journal,
    private readonly record: OperatorRecord,
    private readonly random: Random,
  ) {
    const socketPath = join(registry.data, 'herald', 'admin.sock');
    this.#admin = new Connection('http://localhost', { maxSockets: 4, socketPath });
  }

  /** Resolves when the run is over. */
  async work(generation: Generation, over: AbortSignal): Promise<void> {
    await Promise.all(generation.duties.map((duty) => this.#duties[duty](generation, over)));
  }

  /** Collects once, and waits for the end. */
  async collect(): Promise<void> {
    if (!(await this.#beginCollection())) return;
    while ((await this.#ask('GET', 'gc'))?.state === 'running') await sleep(PAUSE_MS);
  }

  /** @param slowly only the last events, and so slowly that it takes a while */
  async replay(slowly: boolean): Promise<void> {
    const from = Math.max(1, this.journal.heard - SLOW_EVENTS);
    const query = slowly ? `?from=${from}&rate=${SLOW_RATE}/s` : '?from=1';
    const started = await this.#ask('POST', `endpoints/${ENDPOINT}/replays${query}`, [202]);
    if (started?.replay !== undefined) this.record.replays.push(started.replay.id);
    else this.record.unansweredReplays += 1;
  }

  /** Whether no replay waits or runs. */
  async hasReplayed(): Promise<boolean> {
    const page = await this.#ask('GET', 'replays?limit=1000');
    return page?.replays?.every(({ state }) => state !== 'waiting' && state !== 'running') ?? false;
  }

  close(): void {
    this.#admin.close();
  }

  async #collectAgainAndAgain(over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      await this.#beginCollection();
      await pause(COLLECT_EVERY_MS, over);
    }
  }

  /** 409: one runs already, or a backup holds it. */
  async #beginCollection(): Promise<boolean> {
    const begun = await this.#ask('POST', 'gc', [202, 409]);
    if (begun?.state !== 'running') return begun?.state === 'completed';
    this.record.collections += 1;
    return true;
  }

  async #reloadAgainAndAgain(generation: Generation, over: AbortSignal): Promise<void> {
    let next = changed(generation);
    while (!over.aborted) {
      await pause(this.random.between(RELOAD_EVERY_MS.least, RELOAD_EVERY_MS.most), over);
      if (over.aborted) return;
      this.registry.configure(next);
      this.registry.hangUp();
      this.record.reloads += 1;
      next = changed(next);
    }
  }

  /** Makes a backup, looks through its list, and lets collection go on. */
  async backUp(): Promise<void> {
    const directory = join(this.registry.directory, `backup-${this.record.backups.length}`);
    this.record.backups.push({ directory, askedAt: this.journal.tick() });
    const path = `backup?directory=${encodeURIComponent(directory)}&holdSeconds=${HOLD_S}`;
    let status = await this.#ask('POST', path, [202]);
    while (status?.state === 'copying' || status?.state === 'listing') {
      await sleep(PAUSE_MS);
      status = await this.#ask('GET', 'backup');
    }
    // Who stops the program calls a backup off.
    if (status?.state === 'failed' && !this.journal.stopping)
      this.record.surprises.push(`the backup in ${directory} failed`);
    if (status?.state !== 'finished') return;
    this.#lookThrough(directory, Date.parse(status.heldUntil ?? ''));
    await this.#ask('DELETE', 'backup/hold', [204]);
  }

  /** While collection is held, everything is there that is to be copied. */
  #lookThrough(directory: string, heldUntilMs: number): void {
    const lines = readFileSync(join(directory, 'blobs.tsv'), 'utf8').split('\n').slice(0, -1);
    const paths = lines.map((line) => line.split('\t')[2] ?? '');
    const missing = paths.filter((path) => !existsSync(join(this.registry.data, path)));
    if (Date.now() >= heldUntilMs) return;
    this.record.broken.push(
      ...missing.map((path) => `${directory} lists ${path}, which is gone while it is held`),
    );
  }

  async #ask(method: string, path: string, expected: readonly number[] = [200]): Promise<View | undefined> {
    const answer = await this.#admin.send({ method, path: `/admin/v1/${path}` }, OPERATOR);
    if (answer === undefined) return undefined;
    const { status, body } = answer;
    if (!expected.includes(status)) {
      // 503: it is just being stopped.
      if (status !== 503)
        this.record.surprises.push(`${method} ${path} was answered ${status}: ${body.toString()}`);
      return undefined;
    }
    return body.length === 0 ? {} : (JSON.parse(body.toString()) as View);
  }
}

async function pause(ms: number, over: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal: over }).catch(() => undefined);
}
