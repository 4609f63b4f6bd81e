import { isIP } from 'node:net';
import { isAddressRange, isProxySetting, signingKeyFault } from '@herald/notifications';

import { kindOf, type Mismatch, type ScalarKind } from './value-kind.js';

/** Bytes of PEM that are taken where it is written in the file itself. */
const LONGEST_PEM = 65_536;

/** Where endpoints may be reached at. */
export function addressRule(): ScalarKind {
  const expected =
    'an IP address, a range such as 10.0.0.0/8, or any, loopback, private, shared, link-local, metadata, multicast, unspecified, broadcast';
  return textKind((value) => (isAddressRange(value) ? undefined : expected), expected);
}

/** A key that requests are signed with. */
export function signingKey(): ScalarKind {
  return { ...textKind(signingKeyFault, 'whsec_ or whsk_ with base64 behind it'), secret: 'whole' };
}

/**
 * Certificates or a key. `file:/path` is kept as it is: whoever uses the file reads it, and again when it changes. What is in it is checked
 * with the other settings of TLS, since a key has to fit its certificate.
 */
export function pem(what: string): ScalarKind {
  const expected = `${what} in PEM: file:/path, env:NAME, or the text itself`;
  const isPem = (value: string): boolean => value !== '' && value.length <= LONGEST_PEM;
  return {
    ...textKind((value) => (isPem(value) ? undefined : expected), expected),
    secret: 'whole',
    keepsFiles: true,
  };
}

/** The way to endpoints. Of a proxy's URL all but scheme and host is a secret. */
export function proxy(): ScalarKind {
  const expected = 'environment, none, or the http or https URL of a proxy, without a path';
  return {
    ...textKind((value) => (isProxySetting(value) ? undefined : expected), expected),
    secret: 'url',
    words: ['environment', 'none'],
  };
}

/** The name of a host; TLS asks for no addresses. */
export function hostName(): ScalarKind {
  const expected = 'the name of a host';
  const isName = (value: string): boolean =>
    isIP(value) === 0 && /^(?=.{1,253}$)[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/i.test(value);
  return textKind((value) => (isName(value) ? undefined : expected), expected);
}

/** @param fault what is expected instead of a text; undefined for a good one */
function textKind(fault: (value: string) => string | undefined, expected: string): ScalarKind {
  const check = (value: unknown): Mismatch | undefined => {
    if (typeof value !== 'string') {
      return { expected, found: kindOf(value) };
    }
    const wanted = fault(value);
    return wanted === undefined
      ? undefined
      : { expected: wanted, found: value === '' ? 'nothing' : 'other text' };
  };
  return { shape: 'scalar', numbersAsText: false, secret: 'no', check };
}
