import type { RegistryEvent } from '@herald/notifications';
import type { Connection } from './connection.js';
import { factOf, wordsOf, type Fact } from './fact.js';
import type { Finding } from './finding.js';
import { INSPECTOR } from './inspection.js';
import type { Journal } from './journal.js';

/** What a receiver saw when it looked for what an event names. */
interface Look {
  readonly fact: Fact;
  readonly status: number;
  /** When it had its answer, by the journal and in ms since 1970. */
  readonly at: number;
  readonly atMs: number;
}

/** G2 at the moment of arrival: a receiver that looks at once for what was pushed finds it. */
export class Looks {
  readonly #looks: Look[] = [];

  constructor(
    private readonly connection: Connection,
    private readonly journal: Journal,
  ) {}

  /** An event has just arrived. A registry that is killed or being stopped meanwhile owes no answer. */
  async look(event: RegistryEvent): Promise<void> {
    const fact = factOf(event);
    const { action, what, repository, digest } = fact;
    if (digest === undefined || (action !== 'push' && action !== 'mount')) return;
    const request = { method: 'HEAD', path: `/v2/${repository}/${what}s/${digest}` };
    const sentAtMs = Date.now();
    const answer = await this.connection.send(request, INSPECTOR);
    if (answer === undefined) return;
    const { status } = answer;
    if (status === 503 && this.journal.stopping) return;
    if (status === 200) this.journal.saw(repository, digest, sentAtMs);
    this.#looks.push({ fact, status, at: this.journal.tick(), atMs: Date.now() });
  }

  close(): void {
    this.connection.close();
  }

  /**
   * What was not there, although nobody had asked to delete it.
   *
   * @param collected events of what collection took: a receiver that comes later than the grace may find it gone
   */
  check(collected: readonly RegistryEvent[]): Finding[] {
    const deletions = firstDeletions(this.journal);
    const collections = firstCollections(collected);
    return this.#looks
      .filter(({ status }) => status !== 200)
      .filter(({ fact, at }) => (deletions.get(keyOf(fact)) ?? Infinity) > at)
      .filter(({ fact, atMs }) => (collections.get(keyOf(fact)) ?? Infinity) > atMs)
      .map(({ fact, status }) => ({
        kind: 'unreadable',
        what: `${wordsOf(fact)}: the receiver looked at once and was answered ${status}`,
      }));
  }
}

/** When it was first asked to delete each content. */
function firstDeletions({ entries }: Journal): ReadonlyMap<string, number> {
  const deletions = new Map<string, number>();
  for (const { fact, sentAt } of entries) {
    if (fact?.action !== 'delete' || fact.digest === undefined) continue;
    deletions.set(keyOf(fact), Math.min(sentAt, deletions.get(keyOf(fact)) ?? Infinity));
  }
  return deletions;
}

/** When collection first took each content, in ms since 1970. */
function firstCollections(collected: readonly RegistryEvent[]): ReadonlyMap<string, number> {
  const collections = new Map<string, number>();
  for (const event of collected) {
    const key = keyOf(factOf(event));
    collections.set(key, Math.min(Date.parse(event.timestamp), collections.get(key) ?? Infinity));
  }
  return collections;
}

function keyOf({ repository, digest }: Fact): string {
  return `${repository} ${digest}`;
}
