import type { Answer, AttemptResult } from './attempt.js';

/** What an attempt means for the events in it and for their endpoint. */
export type Outcome =
  | { readonly kind: 'delivered' }
  /** 410: the endpoint wants nothing any more. */
  | { readonly kind: 'retired' }
  /** A kept connection had been closed: the same again, over another one. Nobody's fault. */
  | { readonly kind: 'again' }
  /** The endpoint asked to be left alone for this long. */
  | { readonly kind: 'wait'; readonly delayMs: number }
  /** The endpoint cannot take anything now. `suspect`: an event may be what made it fail. */
  | { readonly kind: 'endpoint-fault'; readonly suspect: boolean }
  /** The endpoint refused this event. */
  | { readonly kind: 'event-fault' }
  /** The endpoint refused several events together: which of them it cannot take is found by smaller envelopes. */
  | { readonly kind: 'envelope-fault' }
  | { readonly kind: 'abandoned' };

/** Answers of 4xx that speak of the endpoint, its address or its credentials, and not of what it was sent. */
const ENDPOINT_STATUSES: ReadonlySet<number> = new Set([401, 403, 404, 405, 407, 408, 421, 425, 429]);

/** Answers that may say how long to stay away: RFC 9110 §10.2.3, RFC 6585 §4. */
const WAIT_STATUSES: ReadonlySet<number> = new Set([429, 503]);

const TOO_MANY_REQUESTS = 429;
const GONE = 410;

/** What an endpoint's settings, and the time, have to do with it. */
export interface OutcomeTerms {
  /** ms since 1970. */
  readonly nowMs: number;
  readonly maxRetryAfterMs: number;
  readonly redirects: 'fail' | 'accept';
}

/**
 * Whose fault an attempt was. A 3xx is a failure unless the settings say otherwise, because redirects are not followed (Standard
 * Webhooks, CloudEvents webhook §2.2). With more than one event in the request nothing is held against an event: too large (413) is
 * the envelope then, and whatever else is refused is found by sending fewer together.
 *
 * @param events how many events the request carried
 */
export function outcomeOf(result: AttemptResult, events: number, terms: OutcomeTerms): Outcome {
  const alone = events === 1;
  switch (result.kind) {
    case 'abandoned':
      return { kind: 'abandoned' };
    case 'taken':
      return { kind: 'delivered' };
    case 'unanswered':
      if (result.stale) return { kind: 'again' };
      if (result.fault === 'encode') return { kind: alone ? 'event-fault' : 'envelope-fault' };
      return { kind: 'endpoint-fault', suspect: result.sent && alone };
    default:
      return outcomeOfAnswer(result, alone, terms);
  }
}

function outcomeOfAnswer(answer: Answer, alone: boolean, terms: OutcomeTerms): Outcome {
  const { status } = answer;
  if (isSuccess(status, terms)) return { kind: 'delivered' };
  if (status === GONE) return { kind: 'retired' };
  const delayMs = waitMs(answer, terms);
  if (delayMs > 0) return { kind: 'wait', delayMs };
  if (isRefusal(status)) return { kind: alone ? 'event-fault' : 'envelope-fault' };
  // Too many requests are too many of any kind: no event is the cause.
  return { kind: 'endpoint-fault', suspect: alone && status !== TOO_MANY_REQUESTS };
}

function isSuccess(status: number, { redirects }: OutcomeTerms): boolean {
  return status >= 200 && status < (redirects === 'accept' ? 400 : 300);
}

function isRefusal(status: number): boolean {
  return status >= 400 && status < 500 && !ENDPOINT_STATUSES.has(status);
}

function waitMs({ status, retryAfter }: Answer, { nowMs, maxRetryAfterMs }: OutcomeTerms): number {
  return WAIT_STATUSES.has(status) ? Math.min(retryAfterMs(retryAfter, nowMs), maxRetryAfterMs) : 0;
}

/** The wait in ms that a `Retry-After` header asks for, in seconds or as a date; 0 when it asks for none. */
export function retryAfterMs(header: string | undefined, nowMs: number): number {
  const value = header?.trim() ?? '';
  if (/^\d+$/.test(value)) return Number(value) * 1_000;
  // Date.parse reads much that is no HTTP date, so only what begins with a day's name is given to it.
  if (!/^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(value)) return 0;
  // The oldest form has no zone, and means GMT all the same (RFC 9110 §5.6.7); Date.parse would take it for local time.
  const dateMs = Date.parse(/ \d{4}$/.test(value) ? `${value} GMT` : value);
  return Number.isNaN(dateMs) ? 0 : Math.max(0, dateMs - nowMs);
}
