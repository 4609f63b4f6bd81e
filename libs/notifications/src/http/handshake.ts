import type { Answer, AttemptResult, Unanswered } from '../delivery/attempt.js';
import type { HandshakeOptions } from './http.options.js';

/** What an endpoint answered to the question whether it agrees. */
export interface Consent {
  readonly result: AttemptResult;
  /** `WebHook-Allowed-Origin`. */
  readonly allowedOrigin: string | undefined;
}

/** The endpoint's agreement: not asked for yet, given, or not given when it was asked last. */
export type HandshakeState = 'pending' | 'granted' | 'refused';

const REFUSED: Unanswered = { kind: 'unanswered', fault: 'handshake', sent: false, stale: false };

/** Answers that say more of the endpoint than that it does not agree: gone, or to be left alone for a while. */
const TELLING: ReadonlySet<number> = new Set([410, 429]);
const UNAVAILABLE = 503;

/**
 * The agreement of an endpoint to be sent events: CloudEvents' webhook validation (HTTP webhook 1.0.2 §4), asked for once before the
 * first request, by all that wait for it together. It holds for as long as this object, and is asked for again by the next run: who takes
 * it back in between refuses requests. The way by a callback (`WebHook-Request-Callback`) is not taken.
 */
export class Handshake {
  #state: HandshakeState = 'pending';
  #asking: Promise<AttemptResult | undefined> | undefined;

  /**
   * @param ask sends OPTIONS with these headers
   * @param announce told when the answer is another one than before
   */
  constructor(
    private readonly options: HandshakeOptions,
    private readonly ask: (headers: Readonly<Record<string, string>>) => Promise<Consent>,
    private readonly announce: (state: HandshakeState) => void,
  ) {}

  get state(): HandshakeState {
    return this.#state;
  }

  /** What stands in the way of a request, as if it had been its result; undefined when nothing does. */
  async obstacle(): Promise<AttemptResult | undefined> {
    if (this.#state === 'granted') return undefined;
    this.#asking ??= this.#askOnce().finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  async #askOnce(): Promise<AttemptResult | undefined> {
    const { origin } = this.options;
    const { result, allowedOrigin } = await this.ask({ 'WebHook-Request-Origin': origin });
    if (result.kind !== 'answered') return result;
    const allowed = allowedOrigin?.trim().toLowerCase();
    const agrees = isSuccess(result) && (allowed === '*' || allowed === origin.toLowerCase());
    const before = this.#state;
    this.#state = agrees ? 'granted' : 'refused';
    if (this.#state !== before) this.announce(this.#state);
    if (agrees) return undefined;
    return isTelling(result) ? result : REFUSED;
  }
}

function isSuccess({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}

function isTelling({ status, retryAfter }: Answer): boolean {
  return TELLING.has(status) || (status === UNAVAILABLE && retryAfter !== undefined);
}
