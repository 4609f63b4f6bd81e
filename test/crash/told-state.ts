import { wordsOf, type Fact } from './fact.js';

/** What a repository holds, as far as events tell. */
export class ToldRepository {
  readonly tags = new Map<string, string>();
  readonly contents = new Set<string>();

  /** @returns what the event contradicts, if it contradicts those before it */
  apply(fact: Fact): string | undefined {
    const { action, what, digest, tag } = fact;
    if (action === 'pull') return undefined;
    if (action === 'delete') return this.#remove(fact);
    if (digest === undefined) return 'it names nothing';
    this.contents.add(`${what} ${digest}`);
    if (tag !== undefined) this.tags.set(tag, digest);
    return undefined;
  }

  #remove({ what, digest, tag }: Fact): string | undefined {
    const known = what === 'tag' ? this.tags.delete(tag ?? '') : this.contents.delete(`${what} ${digest}`);
    return known ? undefined : 'no event had told that it was there';
  }
}

/** What all repositories hold when the events are believed in their order, and where they contradict each other. */
export function toldState(facts: readonly Fact[]): {
  readonly repositories: ReadonlyMap<string, ToldRepository>;
  readonly contradictions: readonly string[];
} {
  const repositories = new Map<string, ToldRepository>();
  const contradictions: string[] = [];
  for (const fact of facts) {
    const repository = repositories.get(fact.repository) ?? new ToldRepository();
    repositories.set(fact.repository, repository);
    const contradiction = repository.apply(fact);
    if (contradiction !== undefined) contradictions.push(`${wordsOf(fact)}: ${contradiction}`);
  }
  return { repositories, contradictions };
}
