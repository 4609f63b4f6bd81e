import type { Fact } from './fact.js';

/**
 * - `acknowledged` the client was told that it happened
 * - `refused` the client was told that it did not
 * - `unknown` the answer never came, or spoke of the registry's own trouble: it may have happened or not
 */
export type Told = 'acknowledged' | 'refused' | 'unknown';

/** One request that could change something or be an event, and what its client was told. Times are ticks of the journal. */
export interface Entry {
  readonly number: number;
  /** What happens if it succeeds. Of requests that cause no event there is none. */
  readonly fact: Fact | undefined;
  /** The upload session that it closes: a session that is closed twice is told once. */
  readonly session: string | undefined;
  readonly sentAt: number;
  told: Told;
  toldAt: number;
}

/** Somebody was told that a content is in a repository. Times are ms since 1970. */
export interface Sighting {
  readonly sentAtMs: number;
  readonly toldAtMs: number;
}

const USER_AGENT = /^crash\/(\d+)$/;

/** What all clients asked for and were told, in one order: of two moments the earlier one has the smaller tick. */
export class Journal {
  readonly entries: Entry[] = [];
  /** Upload sessions that clients know of, by id: whether they were told that it ended. */
  readonly sessions = new Map<string, 'open' | 'ended'>();
  /** Answers that nothing in the workload explains. */
  readonly surprises: string[] = [];
  /** What clients were told and the registry has forgotten. */
  readonly losses: string[] = [];
  /** What each manifest refers to, of all that clients ever pushed. */
  readonly references = new Map<string, readonly string[]>();
  /** By `<repository> <digest>`, in the order of the answers. */
  readonly sightings = new Map<string, Sighting[]>();
  /** Requests without an answer that may have left a session which no client knows. */
  unansweredSessions = 0;
  /** The registry is being stopped: what it does not begin any more it answers 503. */
  stopping = false;
  /** Events that arrived. */
  heard = 0;
  /** The power fails: what was uploaded and not closed may be gone, in part or all, and its client is told so. */
  forgetsUploads = false;
  #ticks = 0;

  /** A moment, later than all before it. */
  tick(): number {
    this.#ticks += 1;
    return this.#ticks;
  }

  sent(fact: Fact | undefined, session?: string): Entry {
    const number = this.entries.length;
    const entry: Entry = { number, fact, session, sentAt: this.tick(), told: 'unknown', toldAt: Infinity };
    this.entries.push(entry);
    return entry;
  }

  told(entry: Entry, told: Told): void {
    entry.told = told;
    if (told !== 'unknown') entry.toldAt = this.tick();
  }

  /** An answer that came just now says that a content is there. */
  saw(repository: string, digest: string, sentAtMs: number): void {
    const key = `${repository} ${digest}`;
    const before = this.sightings.get(key) ?? [];
    this.sightings.set(key, before);
    before.push({ sentAtMs, toldAtMs: Date.now() });
  }

  count(told: Told): number {
    return this.entries.filter((entry) => entry.fact?.action !== 'pull' && entry.fact && entry.told === told)
      .length;
  }

  /** How a request names itself, so that its events can be told from all others. */
  userAgent({ number }: Entry): string {
    return `crash/${number}`;
  }

  /** The request that an event says it was caused by. */
  entryOf(userAgent: string): Entry | undefined {
    const [, number] = USER_AGENT.exec(userAgent) ?? [];
    return number === undefined ? undefined : this.entries[Number(number)];
  }
}
