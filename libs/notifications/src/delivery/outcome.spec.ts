import { describe, expect, it } from 'vitest';
import type { AttemptResult } from './attempt.js';
import { outcomeOf, retryAfterMs } from './outcome.js';

const NOW = Date.UTC(2026, 9, 21, 7, 28, 0);
const TERMS = { nowMs: NOW, maxRetryAfterMs: 3_600_000, redirects: 'fail' } as const;

const answered = (status: number, retryAfter?: string): AttemptResult => ({
  kind: 'answered',
  status,
  text: '',
  ...(retryAfter === undefined ? {} : { retryAfter }),
});
const outcome = (status: number, retryAfter?: string) => outcomeOf(answered(status, retryAfter), 1, TERMS);

describe('outcomeOf', () => {
  it('takes every 2xx as delivered and nothing else', () => {
    for (let status = 200; status < 300; status += 1) expect(outcome(status).kind).toBe('delivered');
    for (let status = 300; status < 600; status += 1) expect(outcome(status).kind).not.toBe('delivered');
  });

  it('takes every 3xx as a failure of the endpoint, because redirects are not followed', () => {
    for (let status = 300; status < 400; status += 1) expect(outcome(status).kind).toBe('endpoint-fault');
  });

  it('takes a 3xx for an answer where upstream’s behaviour is asked for', () => {
    for (let status = 300; status < 400; status += 1) {
      expect(outcomeOf(answered(status), 1, { ...TERMS, redirects: 'accept' }).kind).toBe('delivered');
    }
    expect(outcomeOf(answered(400), 1, { ...TERMS, redirects: 'accept' }).kind).toBe('event-fault');
  });

  it.each([401, 403, 404, 405, 407, 408, 421, 425, 429])(
    'holds the endpoint responsible for %i',
    (status) => {
      expect(outcome(status).kind).toBe('endpoint-fault');
    },
  );

  it('holds the endpoint responsible for every 5xx', () => {
    for (let status = 500; status < 600; status += 1) expect(outcome(status).kind).toBe('endpoint-fault');
  });

  it.each([400, 402, 406, 409, 411, 412, 413, 414, 415, 417, 418, 422, 423, 424, 426, 431, 451, 499])(
    'holds the event responsible for %i when it is alone',
    (status) => {
      expect(outcome(status).kind).toBe('event-fault');
      expect(outcomeOf(answered(status), 2, TERMS)).toEqual({ kind: 'envelope-fault' });
    },
  );

  it('retires an endpoint that answers 410', () => {
    expect(outcome(410)).toEqual({ kind: 'retired' });
  });

  it.each([429, 503])('waits as long as a %i says, up to the limit', (status) => {
    expect(outcome(status, '120')).toEqual({ kind: 'wait', delayMs: 120_000 });
    expect(outcome(status, 'Wed, 21 Oct 2026 07:28:30 GMT')).toEqual({ kind: 'wait', delayMs: 30_000 });
    expect(outcome(status, '999999999')).toEqual({ kind: 'wait', delayMs: 3_600_000 });
  });

  it('goes by its own schedule when the wait asked for is none, or cannot be read', () => {
    for (const header of ['0', '', 'soon', '-5', '1.5', 'Wed, 21 Oct 2015 07:28:00 GMT', '2026-10-21']) {
      expect(outcome(429, header).kind, header).toBe('endpoint-fault');
    }
    expect(outcome(500, '120').kind).toBe('endpoint-fault');
  });

  it('suspects an event only where it can have made the endpoint fail', () => {
    expect(outcome(500)).toEqual({ kind: 'endpoint-fault', suspect: true });
    expect(outcome(429)).toEqual({ kind: 'endpoint-fault', suspect: false });
    const lost = (sent: boolean): AttemptResult => ({
      kind: 'unanswered',
      fault: 'connect',
      sent,
      stale: false,
    });
    expect(outcomeOf(lost(true), 1, TERMS)).toEqual({ kind: 'endpoint-fault', suspect: true });
    expect(outcomeOf(lost(false), 1, TERMS)).toEqual({ kind: 'endpoint-fault', suspect: false });
    expect(outcomeOf(lost(true), 3, TERMS)).toEqual({ kind: 'endpoint-fault', suspect: false });
  });

  it('blames nobody for a kept connection that was closed', () => {
    const stale: AttemptResult = { kind: 'unanswered', fault: 'connect', sent: true, stale: true };
    expect(outcomeOf(stale, 1, TERMS)).toEqual({ kind: 'again' });
  });

  it('holds an event responsible that cannot be encoded', () => {
    const unencodable: AttemptResult = { kind: 'unanswered', fault: 'encode', sent: false, stale: false };
    expect(outcomeOf(unencodable, 1, TERMS).kind).toBe('event-fault');
    expect(outcomeOf(unencodable, 2, TERMS).kind).toBe('envelope-fault');
  });
});

describe('retryAfterMs', () => {
  it('reads seconds and HTTP dates', () => {
    expect(retryAfterMs('7', NOW)).toBe(7_000);
    expect(retryAfterMs(' 7 ', NOW)).toBe(7_000);
    expect(retryAfterMs('Wed, 21 Oct 2026 07:28:05 GMT', NOW)).toBe(5_000);
    expect(retryAfterMs(undefined, NOW)).toBe(0);
  });

  it('reads the older forms of HTTP dates, which are of Greenwich wherever the machine is', () => {
    const { TZ } = process.env;
    process.env['TZ'] = 'America/New_York';
    try {
      expect(retryAfterMs('Wednesday, 21-Oct-26 07:28:05 GMT', NOW)).toBe(5_000);
      expect(retryAfterMs('Wed Oct 21 07:28:05 2026', NOW)).toBe(5_000);
    } finally {
      if (TZ === undefined) delete process.env['TZ'];
      else process.env['TZ'] = TZ;
    }
  });
});
