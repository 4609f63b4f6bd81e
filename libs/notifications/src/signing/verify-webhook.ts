import { timingSafeEqual, verify, type KeyObject } from 'node:crypto';
import { ed25519PublicKey } from './ed25519-keys.js';
import { sharedSecret } from './shared-secret.js';
import { signedContent, WEBHOOK_ID, WEBHOOK_SIGNATURE, WEBHOOK_TIMESTAMP } from './signed-content.js';
import { SigningKeyError } from './signing-key.error.js';
import { hmac } from './signing-key.js';

/** Headers as Node's servers and the Fetch API have them; names in any case. */
export type WebhookHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

/** A request, as it came. */
export interface WebhookRequest {
  readonly headers: WebhookHeaders;
  /** The bytes that came over the wire: a body that was parsed and written again is another one. A text stands for its UTF-8. */
  readonly body: Uint8Array | string;
  /** `whsec_…` and `whpk_…`: one that fits is enough, so that keys can be changed without a gap. */
  readonly keys: readonly string[];
  /** How far, in seconds, the request's time may lie from now in either direction. Default 300. */
  readonly toleranceSeconds?: number;
  /** Default the machine's time. */
  readonly now?: Date;
}

/** Why a request is not believed. */
export type WebhookRefusal =
  'header-missing' | 'timestamp-invalid' | 'timestamp-too-old' | 'timestamp-too-new' | 'signature-invalid';

export type WebhookVerification =
  | {
      readonly ok: true;
      /** The same for each attempt to deliver the same. Whether it came before, the receiver has to remember. */
      readonly id: string;
      readonly timestamp: Date;
    }
  | { readonly ok: false; readonly reason: WebhookRefusal };

type VerifyingKey =
  | { readonly version: 'v1'; readonly secret: KeyObject }
  | { readonly version: 'v1a'; readonly key: KeyObject };

interface Claim {
  readonly version: string;
  readonly signature: Buffer;
}

const DEFAULT_TOLERANCE_SECONDS = 300;
const MS_PER_SECOND = 1_000;

/** Signatures of one request that are looked at: each costs a verification, and the sender chooses how many there are. */
const MAX_SIGNATURES = 32;

/**
 * Whether a request is signed by one of these keys and is of now: Standard Webhooks 1.0, `v1` and `v1a`.
 *
 * @throws SigningKeyError when a key is none: the receiver's own mistake, and not the request's
 */
export function verifyWebhook(request: WebhookRequest): WebhookVerification {
  return new WebhookVerifier(request.keys, request.toleranceSeconds).verify(request);
}

/** {@link verifyWebhook} with keys that are read once. */
export class WebhookVerifier {
  readonly #keys: readonly VerifyingKey[];

  /** @throws SigningKeyError when there is no key, or one that is none */
  constructor(
    keys: readonly string[],
    private readonly toleranceSeconds = DEFAULT_TOLERANCE_SECONDS,
  ) {
    if (keys.length === 0) throw new SigningKeyError('at least one key is needed');
    this.#keys = keys.map(verifyingKey);
  }

  verify({
    headers,
    body,
    now = new Date(),
  }: Pick<WebhookRequest, 'headers' | 'body' | 'now'>): WebhookVerification {
    const id = headerOf(headers, WEBHOOK_ID);
    const timestamp = headerOf(headers, WEBHOOK_TIMESTAMP);
    const signatures = headerOf(headers, WEBHOOK_SIGNATURE);
    if (id === '' || timestamp === '' || signatures === '') return { ok: false, reason: 'header-missing' };
    const reason = this.#refusalOfTime(timestamp, now);
    if (reason !== undefined) return { ok: false, reason };
    const content = signedContent(id, timestamp, typeof body === 'string' ? Buffer.from(body) : body);
    const claims = claimsOf(signatures);
    return this.#keys.some((key) => claims.some((claim) => holds(key, claim, content)))
      ? { ok: true, id, timestamp: new Date(Number(timestamp) * MS_PER_SECOND) }
      : { ok: false, reason: 'signature-invalid' };
  }

  #refusalOfTime(timestamp: string, now: Date): WebhookRefusal | undefined {
    if (!/^\d{1,12}$/.test(timestamp)) return 'timestamp-invalid';
    const ageSeconds = Math.floor(now.getTime() / MS_PER_SECOND) - Number(timestamp);
    if (ageSeconds > this.toleranceSeconds) return 'timestamp-too-old';
    return ageSeconds < -this.toleranceSeconds ? 'timestamp-too-new' : undefined;
  }
}

function verifyingKey(text: string): VerifyingKey {
  const secret = sharedSecret(text);
  if (secret !== undefined) return { version: 'v1', secret };
  const key = ed25519PublicKey(text);
  if (key !== undefined) return { version: 'v1a', key };
  throw new SigningKeyError('a key to verify with must begin with whsec_ or whpk_');
}

/** Undefined and repeated headers become what they say in one line. */
function headerOf(headers: WebhookHeaders, name: string): string {
  if (headers instanceof Headers) return headers.get(name) ?? '';
  const [, value] = Object.entries(headers).find(([key]) => key.toLowerCase() === name) ?? [];
  return typeof value === 'string' ? value : (value ?? []).join(' ');
}

/** Signatures of versions that are not known are passed over, as the specification asks. Repeated lines come with commas between them. */
function claimsOf(header: string): readonly Claim[] {
  return [...header.matchAll(/(v1a?),([A-Za-z0-9+/]+={0,2})(?=[\s,]|$)/g)]
    .slice(0, MAX_SIGNATURES)
    .map(([, version = '', text = '']) => ({ version, signature: Buffer.from(text, 'base64') }));
}

function holds(key: VerifyingKey, { version, signature }: Claim, content: Buffer): boolean {
  if (key.version !== version) return false;
  if (key.version === 'v1a') return verify(null, content, key.key, signature);
  const expected = hmac(key.secret, content);
  return expected.length === signature.length && timingSafeEqual(expected, signature);
}
