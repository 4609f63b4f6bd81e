import { Injectable } from '@nestjs/common';

/** Time, as everything here sees it: tests put another in its place. */
export abstract class Clock {
  /** ms since 1970, as the machine's clock has it: for what is shown and stored. It may jump. */
  abstract now(): number;

  /** ms since an arbitrary moment, never going back: for waits and durations within this process. */
  abstract monotonic(): number;

  /** Calls back once after the delay. Keeps no process alive. Returns what cancels it. */
  abstract setTimer(delayMs: number, callback: () => void): () => void;
}

/** Longest delay that Node's timers take; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

@Injectable()
export class SystemClock extends Clock {
  override now(): number {
    return Date.now();
  }

  override monotonic(): number {
    return performance.now();
  }

  override setTimer(delayMs: number, callback: () => void): () => void {
    const timer = setTimeout(callback, Math.min(Math.max(delayMs, 0), MAX_TIMER_MS));
    timer.unref();
    return () => clearTimeout(timer);
  }
}
