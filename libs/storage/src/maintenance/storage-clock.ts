/** Time, as the storage sees it: tests put another in its place. */
export abstract class StorageClock {
  /** ms since 1970, as the machine's clock has it. */
  abstract now(): number;

  /** Calls back once after the delay. Keeps no process alive. Returns what cancels it. */
  abstract setTimer(delayMs: number, callback: () => void): () => void;
}

/** Longest delay that Node's timers take; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export class SystemStorageClock extends StorageClock {
  override now(): number {
    return Date.now();
  }

  override setTimer(delayMs: number, callback: () => void): () => void {
    const timer = setTimeout(callback, Math.min(delayMs, MAX_TIMER_MS));
    timer.unref();
    return () => clearTimeout(timer);
  }
}
