import { describe, expect, it } from 'vitest';
import { bytes, counted } from './amounts.js';

describe('amounts for people', () => {
  it.each([
    [counted(0, 'event'), '0 events'],
    [counted(1, 'event'), '1 event'],
    [counted(2, 'event'), '2 events'],
    [counted(1, 'event is', 'events are'), '1 event is'],
    [counted(2, 'repository', 'repositories'), '2 repositories'],
    [bytes(0), '0 bytes'],
    [bytes(1), '1 byte'],
    [bytes(1_536), '1.5 KiB'],
  ])('read as %s', (shown, expected) => {
    expect(shown).toBe(expected);
  });
});
