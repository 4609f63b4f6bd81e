import { describe, expect, it } from 'vitest';
import { replayRequestOf } from './replay-query.js';

describe('the query of a replay', () => {
  it('says which events, and how fast', () => {
    const query = {
      from: '3',
      since: '2026-01-31T12:00:00Z',
      event: ['a', 'b'],
      action: 'push',
      rate: '10/m',
    };
    expect(replayRequestOf(query)).toEqual({
      selection: {
        kind: 'events',
        from: 3,
        sinceMs: Date.UTC(2026, 0, 31, 12),
        ids: ['a', 'b'],
        only: { actions: ['push'] },
      },
      rate: { events: 10, perMs: 60_000 },
    });
  });

  it('says which dead letters', () => {
    expect(replayRequestOf({ deadletters: 'true' }).selection).toEqual({ kind: 'dead-letters' });
    expect(replayRequestOf({ letter: ['1', '2'] }).selection).toEqual({
      kind: 'dead-letters',
      letters: [1, 2],
    });
  });

  it.each<Record<string, string>>([
    { form: '3' },
    { from: '-1' },
    { since: 'yesterday' },
    { since: '2026-01-31 12:00' },
    { rate: '10' },
    { deadletters: 'maybe' },
    { deadletters: 'true', from: '3' },
  ])('refuses %j', (query) => {
    expect(() => replayRequestOf(query)).toThrow(expect.objectContaining({ code: 'PARAMETER_INVALID' }));
  });
});
