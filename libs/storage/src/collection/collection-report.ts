import type { Digest } from '../repository/digest.js';
import type { RepositoryName } from '../repository/repository-name.js';

/** Removals that a report names one by one; beyond that it only counts. */
const MAX_LISTED = 1_000;

/** Something that went, or would go. */
export type Removal =
  | {
      /** A manifest of a repository, or a blob's being in it. */
      readonly kind: 'manifest' | 'blob';
      readonly repository: RepositoryName;
      readonly digest: Digest;
      readonly sizeBytes: number;
    }
  | {
      /** The bytes themselves, which no repository has any more. */
      readonly kind: 'content';
      readonly digest: Digest;
      readonly sizeBytes: number;
    };

/** What a collection did so far; of a dry run, what it would have done. Times in ms since 1970. */
export interface CollectionReport {
  readonly dryRun: boolean;
  readonly startedMs: number;
  /** Contents that were looked at. */
  readonly examined: number;
  readonly manifests: number;
  /** Blobs that a repository lost; a content may be lost by several. */
  readonly blobs: number;
  readonly contents: number;
  /** Bytes of those contents. */
  readonly contentBytes: number;
  /** Those that went first. */
  readonly removals: readonly Removal[];
}

/** Counts while a collection runs. */
export class CollectionTally {
  examined = 0;
  readonly #counts = { manifest: 0, blob: 0, content: 0 };
  readonly #removals: Removal[] = [];
  #contentBytes = 0;

  constructor(
    private readonly dryRun: boolean,
    private readonly startedMs: number,
  ) {}

  add(removal: Removal): void {
    this.#counts[removal.kind] += 1;
    if (removal.kind === 'content') this.#contentBytes += removal.sizeBytes;
    if (this.#removals.length < MAX_LISTED) this.#removals.push(removal);
  }

  get report(): CollectionReport {
    const { dryRun, startedMs, examined } = this;
    const { manifest: manifests, blob: blobs, content: contents } = this.#counts;
    const [contentBytes, removals] = [this.#contentBytes, [...this.#removals]];
    return { dryRun, startedMs, examined, manifests, blobs, contents, contentBytes, removals };
  }
}
