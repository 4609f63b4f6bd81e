import type { Database, Row } from '@herald/database';
import type { ModelEvent, ModelLetter } from './endpoint-model.js';

interface LetterRow extends Row {
  readonly id: number;
  readonly lane: string | null;
  readonly first_sequence: number;
  readonly last_sequence: number;
  readonly listed_up_to: number;
  readonly reason: string;
  readonly at_ms: number;
  readonly listed: string;
}

/** The dead letters as they are stored, each with the events that may lie in it. */
export async function readLetters(
  database: Database,
  events: readonly ModelEvent[],
): Promise<readonly ModelLetter[]> {
  const rows = await database.read<LetterRow>(
    `SELECT l.*, (SELECT json_group_array(sequence) FROM dead_letter_events WHERE letter = l.id) AS listed FROM dead_letters l`,
  );
  return rows.map((row) => letterOf(row, events));
}

function letterOf(row: LetterRow, events: readonly ModelEvent[]): ModelLetter {
  const listed = new Set(JSON.parse(row.listed) as readonly number[]);
  const sequences = events
    .filter(({ sequence, lane, unwanted }) => {
      const within = sequence >= row.first_sequence && sequence <= row.last_sequence && !unwanted;
      const isListed = sequence > row.listed_up_to || listed.has(sequence);
      return within && (row.lane === null ? isListed : row.lane === lane);
    })
    .map(({ sequence }) => sequence);
  return { id: row.id, reason: row.reason, atMs: row.at_ms, sequences };
}
