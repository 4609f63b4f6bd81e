import type { WriteBatch } from '@herald/database';
import type { Alongside } from '../repository/change.js';
import type { CollectionTally } from './collection-report.js';

/** One collection, as its steps see it. */
export interface CollectionRun {
  /** Only counts what would go; writes nothing. */
  readonly dryRun: boolean;
  /** Blobs that were seen later stay, in ms since 1970. */
  readonly blobsSeenByMs: number;
  /** Manifests that were seen later stay; `undefined` when all of them do. */
  readonly manifestsSeenByMs: number | undefined;
  readonly alongside: Alongside;
  readonly tally: CollectionTally;
  /** A batch that removes something: it is committed only while nobody holds collection. */
  batch(): WriteBatch;
  /**
   * Does a slice of a few milliseconds when requests had their turn.
   *
   * @throws CollectionStopped when the run is to end
   */
  slice<T>(work: () => Promise<T>): Promise<T>;
}

/** A run that ends before its end, and why: what is left is for the next one. */
export class CollectionStopped extends Error {
  override readonly name = 'CollectionStopped';
  readonly code = 'COLLECTION_STOPPED';
}

/** A collection that is not begun. The message says why, and what to do. */
export class CollectionRefused extends Error {
  override readonly name = 'CollectionRefused';
  readonly code = 'COLLECTION_REFUSED';
}
