import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { interruptiblePause } from './interruptible-pause.js';

describe('a pause that can be interrupted', () => {
  it('goes on after its time, ends at once at Ctrl-C, and leaves the next Ctrl-C to end the program', async () => {
    const terminal = new EventEmitter();
    const soon = interruptiblePause(1, terminal);
    await expect(soon()).resolves.toBe(true);
    const late = interruptiblePause(3_600_000, terminal);
    const pause = late();
    terminal.emit('SIGINT');
    await expect(pause).resolves.toBe(false);
    await expect(late()).resolves.toBe(false);
    expect(terminal.listenerCount('SIGINT')).toBe(0);
  });
});
