import type { Answer, AttemptResult, Fault, Unanswered } from '../delivery/attempt.js';
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

/**
 * Code that is not the library's own, as a transport: it may throw, hang, go on when nobody waits for it any more, and answer what is no
 * answer.
 */
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
        return believed(await this.inner.post(envelope, signal)) ?? failed(fault);
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

/** Characters of an answer that are kept. */
const KEPT_TEXT = 1_024;

/**
 * What may be believed of an answer; undefined when it is none. That an attempt was `abandoned`, or is to be made again at once, is for
 * the library to say: whoever said so again and again would be asked without a pause.
 */
function believed(result: unknown): AttemptResult | undefined {
  if (typeof result !== 'object' || result === null || !('kind' in result)) return undefined;
  switch (result.kind) {
    case 'taken':
      return { kind: 'taken' };
    case 'unanswered':
      return { ...(result as Unanswered), stale: false };
    case 'answered':
      return answerOf(result);
    default:
      return undefined;
  }
}

/** A value that says that it is one, and may lack anything else. */
type Loose<Type> = Readonly<Partial<Record<keyof Type, unknown>>>;

function answerOf({ status, text, retryAfter }: Loose<Answer>): Answer | undefined {
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 100 || status > 599)
    return undefined;
  return {
    kind: 'answered',
    status,
    text: typeof text === 'string' ? text.slice(0, KEPT_TEXT) : '',
    ...(typeof retryAfter === 'string' && { retryAfter }),
  };
}

function failed(fault: Fault): AttemptResult {
  return { kind: 'unanswered', fault, sent: true, stale: false };
}
