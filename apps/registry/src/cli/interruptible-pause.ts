import { setTimeout as delay } from 'node:timers/promises';

/** Where a terminal's interruption is heard: the process. */
export interface Interruptions {
  once(signal: 'SIGINT', listener: () => void): unknown;
}

/** Pauses of so many ms, until somebody presses Ctrl-C: then false, at once. Whoever presses it again ends the program. */
export function interruptiblePause(everyMs: number, interruptions: Interruptions): () => Promise<boolean> {
  const interrupted = new AbortController();
  interruptions.once('SIGINT', () => interrupted.abort());
  return async () => {
    const { signal } = interrupted;
    await delay(everyMs, undefined, { signal }).catch(() => undefined);
    return !signal.aborted;
  };
}
