import type { Database } from '@herald/database';
import { importState } from '../adoption/import-record.js';
import { countUnreadableLinks } from '../adoption/unreadable-links.js';
import type { CollectionHolds } from '../maintenance/collection-holds.js';
import { CollectionRefused, CollectionStopped } from './collection-run.js';

/**
 * Refuses to collect in a volume of which not everything is known: what could not be read may have kept contents alive.
 *
 * @param force overrules links that cannot be read, and not an import that has not come to its end
 * @throws CollectionRefused
 */
export async function refuseHalfKnownVolume(database: Database, force: boolean): Promise<void> {
  if ((await importState(database)) === 'unfinished') {
    throw new CollectionRefused(
      'an import has not come to its end, and only a part of the volume is known: finish herald import first',
    );
  }
  const unreadable = force ? 0 : await countUnreadableLinks(database);
  if (unreadable > 0) {
    throw new CollectionRefused(
      `${unreadable} links of the imported volume could not be read, and nobody knows what they kept: repair them and import again, or collect with --force`,
    );
  }
}

/** Refuses to collect while somebody copies contents. @throws CollectionRefused */
export async function refuseHeld(holds: CollectionHolds): Promise<void> {
  const untilMs = await holds.heldUntilMs();
  if (untilMs !== undefined)
    throw new CollectionRefused(`a backup holds collection until ${timeOf(untilMs)}`);
}

/** Ends a run when somebody begins to copy contents. @throws CollectionStopped */
export async function stopWhenHeld(holds: CollectionHolds): Promise<void> {
  const untilMs = await holds.heldUntilMs();
  if (untilMs !== undefined)
    throw new CollectionStopped(`a backup holds collection until ${timeOf(untilMs)}`);
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
