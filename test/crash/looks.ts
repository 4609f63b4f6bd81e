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
  /** When it had its answer, by the journal. */
  readonly at: number;
}

/** G2 at the moment of arrival: a receiver that looks at once for what was pushed finds it. */
export class Looks {
  readonly #looks: Look[] = [];

  constructor(
    private readonly connection: Connection,
    private readonly journal: Journal,
  ) {}

  /** An event has just arrived. A registry that is killed meanwhile owes no answer. */
  async look(event: RegistryEvent): Promise<void> {
    const fact = factOf(event);
    const { action, what, repository, digest } = fact;
    if (digest === undefined || (action !== 'push' && action !== 'mount')) return;
    const request = { method: 'HEAD', path: `/v2/${repository}/${what}s/${digest}` };
    const answer = await this.connection.send(request, INSPECTOR);
    if (answer !== undefined) this.#looks.push({ fact, status: answer.status, at: this.journal.tick() });
  }

  close(): void {
    this.connection.close();
  }

  /** What was not there, although nobody had asked to delete it. */
  check(): Finding[] {
    const deletions = firstDeletions(this.journal);
    return this.#looks
      .filter(({ status, fact, at }) => status !== 200 && (deletions.get(keyOf(fact)) ?? Infinity) > at)
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

function keyOf({ repository, digest }: Fact): string {
  return `${repository} ${digest}`;
}
