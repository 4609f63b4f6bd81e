import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';
import { DatabaseError, type WriteBatch } from '@herald/database';
import { ManualClock } from '../../test/manual-clock.js';
import { TemporaryDatabase } from '../../test/temporary-database.js';
import { ProgressStore, type ProgressSource } from './progress-store.js';

/** A loaded machine needs longer than the second that is waited otherwise. */
const SOON = { timeout: 10_000 };

class Source implements ProgressSource {
  readonly calls: string[] = [];

  constructor(readonly name: string) {}

  collect(batch: WriteBatch): void {
    this.calls.push('collect');
    batch.run('INSERT OR REPLACE INTO facts (name) VALUES (?)', [this.name]);
  }

  saved(): void {
    this.calls.push('saved');
  }

  notSaved(): void {
    this.calls.push('not saved');
  }
}

describe('ProgressStore', () => {
  let temporary: TemporaryDatabase;
  let clock: ManualClock;
  let store: ProgressStore;
  let said: MockInstance<Logger['error']>;

  const facts = async () =>
    (await temporary.database.read<{ name: string }>('SELECT name FROM facts ORDER BY name')).map(
      ({ name }) => name,
    );

  beforeEach(() => {
    said = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    vi.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
    temporary = new TemporaryDatabase();
    clock = new ManualClock();
    store = new ProgressStore(temporary.database, clock);
  });

  afterEach(async () => {
    vi.restoreAllMocks();
    await temporary.remove();
  });

  it('stores what changed in all endpoints with one commit, within 100 ms', async () => {
    const commit = vi.spyOn(temporary.database, 'commit');
    const sources = [new Source('a'), new Source('b')];
    for (const source of sources) store.markChanged(source);
    for (const source of sources) store.markChanged(source);
    expect(commit).not.toHaveBeenCalled();
    clock.advance(50);
    await vi.waitFor(() => expect(sources[1]?.calls).toEqual(['collect', 'saved']), SOON);
    expect(commit).toHaveBeenCalledTimes(1);
    await expect(facts()).resolves.toEqual(['a', 'b']);
  });

  it('stores at once what is urgent', async () => {
    const source = new Source('a');
    store.markChanged(source);
    store.markChanged(source, true);
    clock.advance(0);
    await vi.waitFor(() => expect(source.calls).toEqual(['collect', 'saved']), SOON);
  });

  it('tries again what could not be stored, and says so once', async () => {
    const source = new Source('a');
    const full = new DatabaseError('FULL', 'no space');
    vi.spyOn(temporary.database, 'commit').mockRejectedValueOnce(full).mockRejectedValueOnce(full);
    store.markChanged(source);
    await store.flush();
    expect(store.failing).toBe(true);
    await store.flush();
    await store.flush();
    expect(source.calls).toEqual(['collect', 'not saved', 'collect', 'not saved', 'collect', 'saved']);
    expect(store.failing).toBe(false);
    expect(said).toHaveBeenCalledTimes(1);
    await expect(facts()).resolves.toEqual(['a']);
  });

  it('has one commit under way, and does not lose what changes meanwhile', async () => {
    const [a, b] = [new Source('a'), new Source('b')];
    store.markChanged(a);
    const first = store.flush();
    store.markChanged(b);
    store.markChanged(a);
    await Promise.all([first, store.flush()]);
    expect(a.calls).toEqual(['collect', 'saved', 'collect', 'saved']);
    expect(b.calls).toEqual(['collect', 'saved']);
  });

  it('has nothing to do when nothing changed', async () => {
    const commit = vi.spyOn(temporary.database, 'commit');
    await store.flush();
    expect(commit).not.toHaveBeenCalled();
  });
});
