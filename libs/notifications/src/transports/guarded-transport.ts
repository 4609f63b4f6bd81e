import type { AttemptResult, Fault } from '../delivery/attempt.js';
import type { Clock } from '../delivery/clock.js';
import type { SinkTransport } from './sink-transport.js';
import { Transport, type Envelope } from './transport.js';
import { UnderWay } from './under-way.js';

/** What is known of the code behind a transport. */
export interface Guard {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** What it counts as when that code throws. */
  readonly fault: Fault;
}

/** Code that is not the library's own, as a transport: it may throw, hang, and go on when nobody waits for it any more. */
export class GuardedTransport extends Transport {
  readonly #underWay = new UnderWay();

  constructor(
    private readonly inner: SinkTransport,
    private readonly guard: Guard,
  ) {
    super();
  }

  override post(envelope: Envelope): Promise<AttemptResult> {
    const { clock, timeoutMs, fault } = this.guard;
    return this.#underWay.run(async (signal, end) => {
      const cancel = clock.setTimer(timeoutMs, () => end(failed('timeout')));
      try {
        return await this.inner.post(envelope, signal);
      } catch {
        return failed(fault);
      } finally {
        cancel();
      }
    });
  }

  override close(): void {
    this.#underWay.abandon();
  }
}

function failed(fault: Fault): AttemptResult {
  return { kind: 'unanswered', fault, sent: true, stale: false };
}
