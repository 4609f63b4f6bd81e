import { setImmediate as turnOfOthers } from 'node:timers/promises';
import { Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { WriteBatch, type Database } from '@herald/database';
import type { BlobArrivals } from '../blobs/blob-arrivals.js';
import type { CollectionHolds } from '../maintenance/collection-holds.js';
import type { StorageClock } from '../maintenance/storage-clock.js';
import type { Alongside } from '../repository/change.js';
import { BlobCollection } from './blob-collection.js';
import { refuseHalfKnownVolume, refuseHeld, stopWhenHeld } from './collection-obstacles.js';
import { CollectionTally, type CollectionReport } from './collection-report.js';
import { CollectionRefused, CollectionStopped, type CollectionRun } from './collection-run.js';
import { ManifestCollection } from './manifest-collection.js';
import { ManifestMarks } from './manifest-marks.js';
import type { Sightings } from './sightings.js';

/** What is garbage. Times in ms. */
export interface CollectionPolicy {
  /** How long a blob that no manifest refers to stays in a repository after somebody was told that it is there. */
  readonly graceMs: number;
  /** How long a manifest without a tag stays after it was pushed, read or lost its tag; `keep` is for ever. */
  readonly untagged: 'keep' | number;
}

export const DEFAULT_COLLECTION_POLICY: CollectionPolicy = { graceMs: 24 * 3_600_000, untagged: 'keep' };

/** How a collection is begun. */
export interface CollectionRequest {
  readonly dryRun: boolean;
  /** Goes ahead although links of an imported volume could not be read. */
  readonly force: boolean;
  /** Joins the batch of each removal. */
  readonly alongside: Alongside;
}

/** The collection that runs, or the last one of this process. */
export type CollectionStatus =
  | { readonly state: 'none' }
  | { readonly state: 'running'; readonly report: CollectionReport }
  | {
      readonly state: 'completed' | 'stopped' | 'failed';
      readonly report: CollectionReport;
      readonly endedMs: number;
    };

/** Totals of this process, dry runs left out. */
export interface CollectionTotals {
  readonly runs: number;
  readonly manifests: number;
  readonly blobs: number;
  readonly contents: number;
  readonly contentBytes: number;
}

/**
 * Removes what nobody needs, while the registry goes on. First manifests that nothing keeps, then blobs of repositories in which no
 * manifest refers to them, then contents that no repository has. Each removal is a change, with its events in its batch, and a batch of
 * its own decides it: a push, a mount or a tag that comes first makes it fail, and one that comes later does not find the content.
 */
export class GarbageCollector implements BeforeApplicationShutdown {
  readonly #logger = new Logger('GarbageCollector');
  readonly #stop = new AbortController();
  #tally: CollectionTally | undefined;
  #running: Promise<CollectionStatus> | undefined;
  #last: CollectionStatus = { state: 'none' };
  #totals: CollectionTotals = { runs: 0, manifests: 0, blobs: 0, contents: 0, contentBytes: 0 };

  constructor(
    private readonly database: Database,
    private readonly arrivals: BlobArrivals,
    private readonly sightings: Sightings,
    private readonly holds: CollectionHolds,
    private readonly clock: StorageClock,
    private readonly policy: CollectionPolicy,
  ) {}

  get status(): CollectionStatus {
    if (this.#tally === undefined) return this.#last;
    return { state: 'running', report: this.#tally.report };
  }

  get totals(): CollectionTotals {
    return this.#totals;
  }

  /** When a collection that was no dry run last came to its end, in ms since 1970, also before this process. */
  async finishedMs(): Promise<number | undefined> {
    const rows = await this.database.read<{ finished_ms: number | null }>(
      'SELECT finished_ms FROM collection_state',
    );
    return rows[0]?.finished_ms ?? undefined;
  }

  /**
   * Begins a collection, one at a time. `ended` resolves with what became of it, and never rejects.
   *
   * @throws CollectionRefused when one runs, or something is in its way that `force` does not overrule
   */
  async begin(request: CollectionRequest): Promise<{ readonly ended: Promise<CollectionStatus> }> {
    await refuseHalfKnownVolume(this.database, request.force);
    if (!request.dryRun) await refuseHeld(this.holds);
    if (this.#stop.signal.aborted) throw new CollectionRefused('the program ends');
    if (this.#running !== undefined)
      throw new CollectionRefused('a collection is running already: wait for its end');
    const tally = new CollectionTally(request.dryRun, this.clock.now());
    this.#tally = tally;
    this.#running = this.#collect(this.#run(request, tally));
    return { ended: this.#running };
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  #run({ dryRun, alongside }: CollectionRequest, tally: CollectionTally): CollectionRun {
    const { graceMs, untagged } = this.policy;
    // What is written down may be older than the truth by the precision.
    const nowMs = this.clock.now() - this.sightings.precisionMs;
    return {
      dryRun,
      alongside,
      tally,
      batch: () => this.holds.requireNone(new WriteBatch('retention')),
      blobsSeenByMs: nowMs - graceMs,
      manifestsSeenByMs: untagged === 'keep' ? undefined : nowMs - untagged,
      slice: async (work) => {
        await turnOfOthers();
        if (this.#stop.signal.aborted) throw new CollectionStopped('the program ends');
        if (!dryRun) await stopWhenHeld(this.holds);
        return work();
      },
    };
  }

  async #collect(run: CollectionRun): Promise<CollectionStatus> {
    let state: 'completed' | 'stopped' | 'failed' = 'completed';
    try {
      await this.sightings.flush();
      const marks = new ManifestMarks(this.database, this.sightings, run);
      if (run.manifestsSeenByMs !== undefined) {
        const manifests = new ManifestCollection(this.database, this.sightings, marks, run);
        await manifests.collect(run.manifestsSeenByMs);
      }
      await new BlobCollection(this.database, this.sightings, this.arrivals, marks, run).collect();
      if (!run.dryRun) await this.#finish();
    } catch (error) {
      state = error instanceof CollectionStopped ? 'stopped' : 'failed';
      if (error instanceof CollectionStopped) this.#logger.warn(`the collection stops: ${error.message}`);
      else this.#logger.error('the collection failed', stackOf(error));
    }
    return this.#end(state, run);
  }

  async #finish(): Promise<void> {
    await this.database.commit(
      new WriteBatch('retention').run('UPDATE collection_state SET finished_ms = ?', [this.clock.now()]),
    );
  }

  #end(state: 'completed' | 'stopped' | 'failed', { dryRun, tally: { report } }: CollectionRun) {
    this.#last = { state, report, endedMs: this.clock.now() };
    this.#tally = undefined;
    this.#running = undefined;
    const { manifests, blobs, contents, contentBytes } = report;
    const verb = dryRun ? 'would remove' : 'removed';
    this.#logger.log(
      `${state}: ${verb} ${manifests} manifests, ${blobs} blobs of repositories, ${contents} contents of ${contentBytes} bytes`,
    );
    if (!dryRun) {
      const before = this.#totals;
      this.#totals = {
        runs: before.runs + (state === 'completed' ? 1 : 0),
        manifests: before.manifests + manifests,
        blobs: before.blobs + blobs,
        contents: before.contents + contents,
        contentBytes: before.contentBytes + contentBytes,
      };
    }
    return this.#last;
  }
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined;
}
