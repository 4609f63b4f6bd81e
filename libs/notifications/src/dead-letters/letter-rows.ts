import type { WriteBatch } from '@herald/database';
import type { DeadLetter } from '../delivery/progress.js';

/** A dead letter and when it became one, ms since 1970. */
export type DatedLetter = DeadLetter & { readonly atMs: number };

/** A letter that was sent again and not taken. */
export interface RefusedLetter extends Pick<DeadLetter, 'attempts' | 'lastStatus' | 'lastAnswer'> {
  readonly id: number;
}

/** What is left of a range. */
export interface ShrunkLetter {
  readonly id: number;
  readonly firstSequence: number;
  readonly count: number;
}

/** What is to be stored of an endpoint's dead letters. */
export interface LetterChanges {
  readonly added: readonly DatedLetter[];
  /** Ids of letters that lie there no more. */
  readonly removed: readonly number[];
  readonly refused: readonly RefusedLetter[];
  readonly shrunk: readonly ShrunkLetter[];
}

/** Adds the changes of an endpoint's dead letters to a batch. */
export function writeLetters(batch: WriteBatch, endpoint: string, changes: LetterChanges): void {
  for (const letter of changes.added) writeLetter(batch, endpoint, letter);
  for (const { id, firstSequence, count } of changes.shrunk)
    batch.run('UPDATE dead_letters SET first_sequence = ?, count = ? WHERE id = ?', [
      firstSequence,
      count,
      id,
    ]);
  for (const { id, attempts, lastStatus, lastAnswer } of changes.refused) {
    batch.run(
      'UPDATE dead_letters SET redrive = NULL, attempts = ?, last_status = ?, last_answer = ? WHERE id = ?',
      [attempts, lastStatus ?? null, lastAnswer ?? null, id],
    );
  }
  for (const id of changes.removed) {
    batch.run('DELETE FROM dead_letters WHERE id = ? AND endpoint = ?', [id, endpoint]);
    batch.run('DELETE FROM dead_letter_events WHERE letter = ?', [id]);
  }
}

/** Adds a dead letter to a batch. */
export function writeLetter(batch: WriteBatch, endpoint: string, letter: DatedLetter): void {
  batch.run(
    `INSERT INTO dead_letters (endpoint, lane, first_sequence, last_sequence, count, event_id, reason, attempts,
       last_status, last_answer, at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      endpoint,
      letter.lane ?? null,
      letter.firstSequence,
      letter.lastSequence,
      letter.count,
      letter.eventId ?? null,
      letter.reason,
      letter.attempts,
      letter.lastStatus ?? null,
      letter.lastAnswer ?? null,
      letter.atMs,
    ],
  );
}

/**
 * Says of the endpoint's letter that was written last, a range, that of its part up to a sequence only those events are in it that
 * `dead_letter_events` has for it: others of that part were delivered, and must not be sent again with the letter.
 */
export function writeListedUpTo(batch: WriteBatch, endpoint: string, listedUpTo: number): void {
  batch.run(
    'UPDATE dead_letters SET listed_up_to = ?2 WHERE id = (SELECT max(id) FROM dead_letters WHERE endpoint = ?1)',
    [endpoint, listedUpTo],
  );
}
