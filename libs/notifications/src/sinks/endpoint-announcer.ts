import { Logger } from '@nestjs/common';
import type { Consequence } from '../delivery/dispatcher.js';
import type { DeadLetter } from '../delivery/progress.js';
import type { EndpointMetricsSnapshot } from '../metrics/endpoint-metrics.js';

/** ms in which the same trouble is told at most once. */
const SAME_EVERY_MS = 60_000;

const WHY_DEAD: Readonly<Record<DeadLetter['reason'], string>> = {
  refused: 'it was refused',
  poison: 'the endpoint fails over it and takes others',
  expired: 'the endpoint has not taken it for too long, and takes others',
  overflow: 'too much waits for the endpoint',
  disabled: 'the endpoint was disabled',
};

/**
 * Tells operators how an endpoint fares: a line when something changes, and none per attempt. An endpoint shows as its name, scheme and
 * host; what was sent, and what came back, is never shown.
 */
export class EndpointAnnouncer {
  readonly #logger = new Logger('EndpointSink');
  readonly #who: string;
  /** Beside the message, for logs that machines read. */
  readonly #fields: { readonly endpoint: string };
  #failingSaidMs = Number.NEGATIVE_INFINITY;
  #unreadableSaidMs = Number.NEGATIVE_INFINITY;

  constructor({ name, origin }: { name: string; origin: string }) {
    this.#who = `endpoint ${name} (${origin})`;
    this.#fields = { endpoint: name };
  }

  /** @param nowMs of the monotonic clock */
  tell({ letters, health }: Consequence, metrics: () => EndpointMetricsSnapshot, nowMs: number): void {
    if (letters.length > 0) this.#tellDead(letters);
    if (health === 'same') return;
    const { Pending, Failures, Errors, lastError } = metrics();
    const counts = `${Pending} events pending, ${Failures} attempts refused, ${Errors} without an answer`;
    if (health === 'failing' && nowMs - this.#failingSaidMs >= SAME_EVERY_MS) {
      this.#failingSaidMs = nowMs;
      this.#logger.warn(
        `${this.#who} fails (${lastError}): its events wait and are sent again`,
        this.#fields,
      );
    }
    if (health === 'opened') {
      this.#logger.warn(
        `${this.#who} keeps failing (${lastError}): it is only probed from now on; ${counts}`,
        this.#fields,
      );
    }
    if (health === 'recovered') this.#logger.log(`${this.#who} works again; ${counts}`, this.#fields);
    if (health === 'retired') {
      this.#logger.warn(
        `${this.#who} answered 410 Gone: it is retired, and its events wait until it is enabled again`,
        this.#fields,
      );
    }
  }

  /** @param nowMs of the monotonic clock */
  unreadable(code: string, nowMs: number): void {
    if (nowMs - this.#unreadableSaidMs < SAME_EVERY_MS) return;
    this.#unreadableSaidMs = nowMs;
    this.#logger.error(`${this.#who}: its events cannot be read (${code}); trying again`, this.#fields);
  }

  #tellDead(letters: readonly DeadLetter[]): void {
    for (const { eventId, reason, attempts, lastStatus } of letters) {
      const why = WHY_DEAD[reason];
      const answer = lastStatus === undefined ? 'no answer' : `status ${lastStatus}`;
      this.#logger.warn(
        `${this.#who}: event ${eventId} is a dead letter after ${attempts} attempts: ${why} (${answer})`,
        { ...this.#fields, event: eventId },
      );
    }
  }
}
