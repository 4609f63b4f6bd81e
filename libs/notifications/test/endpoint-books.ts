import { expect } from 'vitest';
import { WriteBatch, type Database } from '@herald/database';
import { EventPages } from '../src/event-log/event-pages.js';
import type { EndpointModel } from './endpoint-model.js';

const TABLES = [
  'events',
  'endpoints',
  'lane_exceptions',
  'lane_backlog',
  'dead_letters',
  'dead_letter_events',
  'replay_jobs',
];

/** Nothing is stored, and counting begins anew. */
export async function emptyBooks(database: Database): Promise<void> {
  const batch = new WriteBatch();
  for (const table of TABLES) batch.run(`DELETE FROM ${table}`);
  await database.commit(batch.run("DELETE FROM sqlite_sequence WHERE name IN ('events', 'dead_letters')"));
}

/** Sequences that the log still has. */
export async function keptSequences(database: Database): Promise<readonly number[]> {
  const pages = new EventPages(database);
  const { records } = await pages.page({ after: (await pages.oldest()) - 1, limit: 1_000 });
  return records.map(({ sequence }) => sequence);
}

/** What is stored of an endpoint that has everything: nothing waits, nothing is dead, and all counts fit. */
export async function checkBooks(database: Database, model: EndpointModel): Promise<void> {
  const [row] = await database.read('SELECT * FROM endpoints');
  const { number, wanted, deferred, dead, judged, cursor } = row ?? {};
  expect({ deferred, dead, judged, wanted }).toEqual({
    deferred: 0,
    dead: 0,
    judged: cursor,
    wanted: number,
  });
  for (const table of ['lane_backlog', 'lane_exceptions', 'dead_letter_events'])
    await expect(database.read(`SELECT * FROM ${table}`), table).resolves.toEqual([]);
  const jobs = await database.read<{ id: string; state: string }>('SELECT id, state FROM replay_jobs');
  const kept = await keptSequences(database);
  for (const { id, state } of jobs) if (state === 'done') checkReplay(model, id, kept);
}

/** Whatever a replay was asked to send, and could, has arrived by it. */
function checkReplay(model: EndpointModel, id: string, kept: readonly number[]): void {
  const replay = model.replays.get(id);
  if (replay === undefined || replay.of !== 'events' || !replay.steady) return;
  const asked = kept.filter((sequence) => {
    const { kind } = model.event(sequence);
    const wanted = model.wish === 'all' || model.wish === kind;
    return wanted && sequence >= replay.first && sequence <= replay.last;
  });
  const arrived = [...replay.arrived].filter((sequence) => asked.includes(sequence));
  expect(
    arrived.toSorted((a, b) => a - b),
    'a replay that is done',
  ).toEqual(asked);
}
