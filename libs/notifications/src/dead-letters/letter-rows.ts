import type { WriteBatch } from '@herald/database';
import type { DeadLetter } from '../delivery/progress.js';

/** A dead letter and when it became one, ms since 1970. */
export type DatedLetter = DeadLetter & { readonly atMs: number };

/** What is to be stored of an endpoint's dead letters. */
export interface LetterChanges {
  readonly added: readonly DatedLetter[];
  /** Ids of letters that lie there no more. */
  readonly removed: readonly number[];
}

/** Adds the changes of an endpoint's dead letters to a batch. */
export function writeLetters(batch: WriteBatch, endpoint: string, { added, removed }: LetterChanges): void {
  for (const letter of added) writeLetter(batch, endpoint, letter);
  for (const id of removed)
    batch.run('DELETE FROM dead_letters WHERE id = ? AND endpoint = ?', [id, endpoint]);
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
