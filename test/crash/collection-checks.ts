import { factOf, isCollected, wordsOf, type Fact } from './fact.js';
import type { Finding } from './finding.js';
import { GRACE_MS } from './generation.js';
import type { Journal } from './journal.js';
import type { LogEvent } from './log-checks.js';
import type { OperatorRecord } from './operator-record.js';

/**
 * What collection took, event by event in the log's order: never what somebody needs, and nothing before its grace is over. That each
 * content that went has its event, and each event its content, is seen when the events are compared with what is served.
 */
export function checkCollections(
  log: readonly LogEvent[],
  journal: Journal,
  record: OperatorRecord,
): Finding[] {
  const repositories = new Map<string, RepositoryInUse>();
  return log.flatMap(({ event }) => {
    const fact = factOf(event);
    const repository = repositories.get(fact.repository) ?? new RepositoryInUse(journal);
    repositories.set(fact.repository, repository);
    const atMs = Date.parse(event.timestamp);
    const objections = isCollected(event)
      ? [repository.objection(fact, atMs), graceOf(fact, atMs, journal), restOf(fact, atMs, record)]
      : [];
    repository.apply(fact, atMs);
    return objections
      .filter((objection) => objection !== undefined)
      .map((objection): Finding => ({ kind: 'lost', what: `${wordsOf(fact)}, by collection: ${objection}` }));
  });
}

/** What keeps contents alive in a repository, as far as the log has been read. */
class RepositoryInUse {
  readonly #manifests = new Set<string>();
  readonly #tags = new Map<string, string>();
  /** When a manifest last lost a tag, in ms since 1970. */
  readonly #untaggedMs = new Map<string, number>();

  constructor(private readonly journal: Journal) {}

  objection({ what, digest = '' }: Fact, atMs: number): string | undefined {
    if (what === 'blob') {
      const manifests = [...this.#manifests];
      const needing = manifests.find((manifest) => this.journal.references.get(manifest)?.includes(digest));
      return needing && `manifest ${needing} needs it`;
    }
    const [tag] = [...this.#tags].find(([, named]) => named === digest) ?? [];
    if (tag !== undefined) return `it has the tag ${tag}`;
    const untaggedMs = atMs - (this.#untaggedMs.get(digest) ?? 0);
    return untaggedMs < GRACE_MS ? `it lost its tag ${untaggedMs} ms before` : undefined;
  }

  apply({ action, what, digest = '', tag }: Fact, atMs: number): void {
    if (action === 'pull' || action === 'mount') return;
    if (tag !== undefined) {
      const named = this.#tags.get(tag);
      if (named !== undefined && named !== digest) this.#untaggedMs.set(named, atMs);
      if (action === 'delete') this.#tags.delete(tag);
      else this.#tags.set(tag, digest);
    }
    if (what !== 'manifest') return;
    if (action === 'push') this.#manifests.add(digest);
    else this.#manifests.delete(digest);
  }
}

/** Who was told that a content is there may rely on that for the grace. */
function graceOf({ repository, digest }: Fact, atMs: number, { sightings }: Journal): string | undefined {
  const seen = sightings.get(`${repository} ${digest}`) ?? [];
  const last = seen.findLast(({ sentAtMs, toldAtMs }) => sentAtMs > atMs - GRACE_MS && toldAtMs < atMs);
  return (
    last &&
    `a client asked ${atMs - last.sentAtMs} ms before, and was told ${atMs - last.toldAtMs} ms before that it is there`
  );
}

/** After a crash everything counts as seen. */
function restOf({ what }: Fact, atMs: number, record: OperatorRecord): string | undefined {
  const run = record.runAt(atMs);
  if (run === undefined) return 'no registry ran then';
  if (what !== 'blob' && !run.collectsUntagged) return 'manifests without a tag are kept';
  const sinceMs = atMs - run.launchedAtMs;
  return run.afterCrash && sinceMs < GRACE_MS ? `only ${sinceMs} ms after a crash` : undefined;
}
