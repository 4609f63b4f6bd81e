import { compileExpression } from '@herald/notifications';

import { parseAdminAddress } from '../values/admin-address.js';
import { parseAddressRange } from '../values/address-range.js';
import { parseByteSize } from '../values/byte-size.js';
import { LONGEST_DURATION_MS, parseDuration } from '../values/duration.js';
import { parseRate } from '../values/rate.js';
import { parseRetrySchedule } from '../values/retry-schedule.js';
import { isHeaderName, isHeaderValue } from '../values/header-syntax.js';
import { parseBaseUrl, parseHttpUrl, parsePathPrefix } from '../values/http-url.js';
import { parseListenAddress } from '../values/listen-address.js';
import { closestTo } from './closest.js';
import { kindOf, type ListKind, type MapKind, type Mismatch, type ScalarKind } from './value-kind.js';

const LONGEST_TEXT = 4_096;

/** Text of one line. `numbers`: a number in the file is taken as it is written, as Distribution does. `empty`: may be. */
export function text(
  expected: string,
  options: { readonly numbers?: boolean; readonly longest?: number; readonly empty?: boolean } = {},
): ScalarKind {
  const { numbers = false, longest = LONGEST_TEXT, empty = false } = options;
  return textKind(
    expected,
    (value) => (empty || value !== '') && !/\p{Cc}/u.test(value) && value.length <= longest,
    {
      numbersAsText: numbers,
    },
  );
}

/** One of a few words. */
export function oneOf(words: readonly string[]): ScalarKind {
  const expected = `one of ${words.join(', ')}`;
  return scalar((value) => {
    if (typeof value === 'string' && words.includes(value)) {
      return undefined;
    }
    const closest = typeof value === 'string' ? closestTo(value, words) : undefined;
    return {
      expected: closest === undefined ? expected : `${expected} (did you mean ${closest}?)`,
      found: typeof value === 'string' && value !== '' ? 'another word' : kindOf(value),
    };
  });
}

/** The kind of socket to listen on. */
export function network(): ScalarKind {
  const expected = 'tcp: Herald does not listen on unix sockets yet';
  return textKind(expected, (value) => value === 'tcp');
}

/** True or false; the words that YAML 1.1 has for them too, since Distribution reads that. */
export function flag(): ScalarKind {
  return {
    ...scalar((value) =>
      typeof value === 'boolean' ? undefined : { expected: 'true or false', found: kindOf(value) },
    ),
    settle: (value) => {
      const word = typeof value === 'string' ? value.toLowerCase() : '';
      return /^(?:yes|on|no|off)$/.test(word) ? word === 'yes' || word === 'on' : value;
    },
  };
}

/** A whole number of at least `from`, and at most `upTo`. */
export function count(from: number, upTo = Number.MAX_SAFE_INTEGER): ScalarKind {
  return scalar((value) => {
    if (Number.isSafeInteger(value) && Number(value) >= from && Number(value) <= upTo) {
      return undefined;
    }
    const found = typeof value === 'number' ? 'another number' : kindOf(value);
    const least = from > Number.MIN_SAFE_INTEGER ? `, ${from} or more` : '';
    const most = upTo < Number.MAX_SAFE_INTEGER ? `, at most ${upTo}` : '';
    return { expected: `a whole number${least}${most}`, found };
  });
}

/** A duration as Go writes it: never negative, never a bare number but 0. */
export function duration(): ScalarKind {
  const example = 'a duration with its unit, such as 500ms or 1m30s';
  return scalar((value) => {
    if (typeof value !== 'string' && typeof value !== 'number') {
      return { expected: example, found: kindOf(value) };
    }
    const reading = parseDuration(String(value));
    if (reading.ok) {
      return undefined;
    }
    const findings: Readonly<Record<typeof reading.reason, Mismatch>> = {
      syntax: { expected: example, found: kindOf(value) },
      negative: { expected: 'a duration of 0 or more', found: 'a negative duration' },
      'too-long': {
        expected: `a duration of at most ${Math.floor(LONGEST_DURATION_MS / 3_600_000)}h`,
        found: 'a longer duration',
      },
      'unit-missing': {
        expected: `${example} (${unitHint(String(value))})`,
        found: 'a number without a unit',
      },
    };
    return findings[reading.reason];
  });
}

/** A duration, or a word that stands for none. */
export function durationOr(word: string): ScalarKind {
  const time = duration();
  return scalar((value) => {
    const mismatch = value === word ? undefined : time.check(value);
    return mismatch && { ...mismatch, expected: `${word}, or ${mismatch.expected}` };
  });
}

/** A number of bytes, plain or with a unit, of at least `leastBytes` and at most `mostBytes`. */
export function byteSize(mostBytes: number, leastBytes = 0): ScalarKind {
  return scalar((value) => {
    const sizeBytes =
      typeof value === 'string' || typeof value === 'number' ? parseByteSize(value) : undefined;
    const least = leastBytes > 0 ? `, at least ${leastBytes}` : '';
    const expected = `a size such as 16KiB or 64KB${least}, at most ${mostBytes} bytes`;
    if (sizeBytes === undefined) {
      return { expected, found: typeof value === 'number' ? 'another number' : kindOf(value) };
    }
    if (sizeBytes < leastBytes) return { expected, found: 'a smaller one' };
    return sizeBytes > mostBytes ? { expected, found: 'a larger one' } : undefined;
  });
}

/** Events in a time. */
export function rate(): ScalarKind {
  return textKind(
    'a number of events in a second, a minute or an hour, such as 100/s, 10/m or 5/h',
    (value) => parseRate(value) !== undefined,
  );
}

/** Where an endpoint of a new name begins. */
export function beginning(): ScalarKind {
  const sequence = count(1);
  return scalar((value) => {
    const mismatch = value === 'now' || value === 'oldest' ? undefined : sequence.check(value);
    return mismatch && { ...mismatch, expected: `now, oldest, or ${mismatch.expected}` };
  });
}

/** When what failed is tried again. */
export function retrySchedule(): ScalarKind {
  return textKind(
    'standard, distribution, or waits such as 1s, 5s, 1m, the last of which is repeated',
    (value) => parseRetrySchedule(value) !== undefined,
  );
}

/** A regular expression that is matched in linear time, whatever it is matched with. */
export function expression(): ScalarKind {
  const expected = 'a regular expression, without references and looking around';
  return textKind(expected, (value) => value !== '' && isExpression(value));
}

export function listenAddress(): ScalarKind {
  return textKind(
    'host:port, such as :5000, 127.0.0.1:5000 or [::1]:5000',
    (value) => parseListenAddress(value) !== undefined,
  );
}

/** Where the admin API is served. */
export function adminAddress(): ScalarKind {
  return textKind(
    'unix: and the path of a socket of at most 100 bytes, host:port, or off',
    (value) => parseAdminAddress(value) !== undefined,
  );
}

export function baseUrl(): ScalarKind {
  const expected =
    'an http or https URL of scheme and host alone, such as https://registry.example.com (a path belongs in http.prefix)';
  return textKind(expected, (value) => parseBaseUrl(value) !== undefined);
}

export function pathPrefix(): ScalarKind {
  return textKind(
    'a path such as /prefix/, of letters, digits and . _ ~ -',
    (value) => parsePathPrefix(value) !== undefined,
  );
}

/** Where a page is served. */
export function pagePath(): ScalarKind {
  return textKind('the path of a page, such as /metrics', (value) => (parsePathPrefix(value) ?? '') !== '');
}

export function addressRange(): ScalarKind {
  return textKind(
    'an IP address, or a range such as 10.0.0.0/8',
    (value) => parseAddressRange(value) !== undefined,
  );
}

/** Where events go. Everything but scheme and host is a secret. */
export function webhookUrl(): ScalarKind {
  return textKind('an absolute http or https URL with a host', (value) => parseHttpUrl(value) !== undefined, {
    secret: 'url',
  });
}

/** A text that is never shown. */
export function secretText(expected: string): ScalarKind {
  return { ...text(expected, { numbers: true }), secret: 'whole' };
}

/** A list of single values. */
export function listOf(of: ScalarKind, what: string): ListKind {
  return { shape: 'list', of, expected: `a list of ${what} (a single one too is written as a list: [ … ])` };
}

/** Headers of HTTP: each name with a list of values. */
export function headers(): MapKind {
  const value = textKind('the value of a header, without line breaks', isHeaderValue, {
    numbersAsText: true,
    secret: 'whole',
  });
  return {
    shape: 'map',
    of: { shape: 'list', of: value, expected: 'a list of values; write a single one as a list too: [ … ]' },
    expected: 'a mapping of header names to lists of values',
    underscore: '-',
    checkKey: (key) =>
      isHeaderName(key)
        ? undefined
        : 'the name of a header, and none that frames the body (Content-Length, Transfer-Encoding)',
  };
}

/** What every line of the log carries. */
export function logFields(): MapKind {
  return {
    shape: 'map',
    of: text('text of one line', { numbers: true, empty: true }),
    expected: 'a mapping of names to texts',
    underscore: '_',
    checkKey: (key) =>
      /^[^\p{Cc}]{1,128}$/u.test(key) ? undefined : 'a name of at most 128 characters, without line breaks',
  };
}

function isExpression(source: string): boolean {
  try {
    compileExpression(source);
    return true;
  } catch {
    return false;
  }
}

function unitHint(amount: string): string {
  const hint = 'Distribution takes a bare number for nanoseconds';
  return /^\d{1,6}$/.test(amount) ? `${hint}; did you mean ${amount}ms or ${amount}s?` : hint;
}

function textKind(
  expected: string,
  isGood: (value: string) => boolean,
  options: Partial<Pick<ScalarKind, 'numbersAsText' | 'secret'>> = {},
): ScalarKind {
  const check = (value: unknown): Mismatch | undefined => {
    if (typeof value === 'string') {
      return isGood(value) ? undefined : { expected, found: value === '' ? 'nothing' : 'other text' };
    }
    return { expected, found: kindOf(value) };
  };
  return { shape: 'scalar', numbersAsText: false, secret: 'no', check, ...options };
}

function scalar(check: ScalarKind['check']): ScalarKind {
  return { shape: 'scalar', numbersAsText: false, secret: 'no', check };
}
