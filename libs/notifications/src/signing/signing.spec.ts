import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/manual-clock.js';
import { RequestSigner } from './request-signer.js';
import { webhookIdOf } from './signed-content.js';
import { parseSigningKey } from './signing-key.js';
import { verifyWebhook, WebhookVerifier, type WebhookHeaders } from './verify-webhook.js';
import { webhookKeySet } from './webhook-key-set.js';

/** The vector that the libraries of Standard Webhooks share. */
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const SECONDS = 1_614_265_330;
const BODY = Buffer.from('{"test": 2432232314}');
const SIGNATURE = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
const NOW = new Date(SECONDS * 1_000);

const OTHER_SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

/** RFC 8032 §7.1, test 1. */
const SEED = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
const PUBLIC = Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex');
const PRIVATE_KEY = `whsk_${SEED.toString('base64')}`;
const WHOLE_PRIVATE_KEY = `whsk_${Buffer.concat([SEED, PUBLIC]).toString('base64')}`;
const PUBLIC_KEY = `whpk_${PUBLIC.toString('base64')}`;

const headersFor = (keys: readonly string[], ids: readonly string[] = [ID], body: Uint8Array = BODY) =>
  new RequestSigner(keys.map(parseSigningKey), new ManualClock(NOW.getTime())).headersFor(ids, body);

const verified = (headers: WebhookHeaders, keys: readonly string[], body: Uint8Array | string = BODY) =>
  verifyWebhook({ headers, body, keys, now: NOW });

describe('a signed request', () => {
  it('carries what the specification’s vector says', () => {
    expect(headersFor([SECRET])).toEqual({
      'webhook-id': ID,
      'webhook-timestamp': String(SECONDS),
      'webhook-signature': SIGNATURE,
    });
  });

  it('carries nothing without a key', () => {
    expect(headersFor([])).toEqual({});
  });

  it('carries a signature by each key, of both versions, so that any of them verifies it', () => {
    const headers = headersFor([SECRET, OTHER_SECRET, PRIVATE_KEY]);
    expect(headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+ v1a,\S+$/);
    for (const key of [SECRET, OTHER_SECRET, PUBLIC_KEY]) {
      expect(verified(headers, [key])).toEqual({ ok: true, id: ID, timestamp: NOW });
    }
  });

  it('has the same id at each attempt, the time of the attempt, and another signature', () => {
    const clock = new ManualClock(NOW.getTime());
    const signer = new RequestSigner([parseSigningKey(SECRET)], clock);
    const first = signer.headersFor([ID], BODY);
    clock.advance(1_999);
    const second = signer.headersFor([ID], BODY);
    expect(second['webhook-id']).toBe(ID);
    expect(second['webhook-timestamp']).toBe(String(SECONDS + 1));
    expect(second['webhook-signature']).not.toBe(first['webhook-signature']);
  });

  it('is signed over bytes that are no text', () => {
    const body = Buffer.from([0xff, 0x00, 0xfe]);
    expect(verified(headersFor([SECRET], [ID], body), [SECRET], body)).toMatchObject({ ok: true });
  });

  it('is called by its event when that is alone, and by the list of its events otherwise', () => {
    expect(webhookIdOf(['a'])).toBe('a');
    const list = webhookIdOf(['a', 'b']);
    expect(list).toMatch(/^list_[0-9a-f]{64}$/);
    expect(webhookIdOf(['a', 'b'])).toBe(list);
    for (const other of [['b', 'a'], ['a'], ['a,b'], ['a', 'b', 'c'], []]) {
      expect(webhookIdOf(other)).not.toBe(list);
    }
  });
});

describe('a signing key', () => {
  it('may be the seed of Ed25519, or the seed with its public key', () => {
    const [short, whole] = [PRIVATE_KEY, WHOLE_PRIVATE_KEY].map((key) => headersFor([key]));
    expect(short).toEqual(whole);
  });

  it.each([
    ['another prefix', 's3cret'],
    ['nothing behind its prefix', 'whsec_'],
    ['no base64', 'whsec_s3cret!s3cret!s3cret!s3cret!s3cret!'],
    ['less than 24 bytes', `whsec_${Buffer.alloc(23).toString('base64')}`],
    ['more than 64 bytes', `whsec_${Buffer.alloc(65).toString('base64')}`],
    ['33 bytes of a private key', `whsk_${Buffer.alloc(33).toString('base64')}`],
    ['halves of two keys', `whsk_${Buffer.concat([SEED, Buffer.alloc(32)]).toString('base64')}`],
    ['only the public half', PUBLIC_KEY],
  ])('is refused with %s, and not shown', (_name, text) => {
    expect(() => parseSigningKey(text)).toThrow(expect.objectContaining({ code: 'SIGNING_KEY_INVALID' }));
    expect(() => parseSigningKey(text)).not.toThrow(/s3cret/);
  });

  it('is not shown by what prints it', () => {
    const key = parseSigningKey(SECRET);
    expect(inspect(key, { depth: 9, showHidden: true }) + JSON.stringify(key)).not.toContain('MfKQ9r8G');
  });
});

describe('verifyWebhook', () => {
  const good = headersFor([SECRET]);

  it('takes headers in any case, as lists, and as the Fetch API has them', () => {
    const shouted = Object.fromEntries(
      Object.entries(good).map(([name, value]) => [name.toUpperCase(), [value]]),
    );
    expect(verified(shouted, [SECRET])).toMatchObject({ ok: true });
    expect(verified(new Headers(good), [SECRET])).toMatchObject({ ok: true });
    const lines = { ...good, 'webhook-signature': ['v1,AAAA', SIGNATURE] };
    expect(verified(lines, [SECRET])).toMatchObject({ ok: true });
    expect(verified({ ...good, 'webhook-signature': `v1,AAAA, ${SIGNATURE}` }, [SECRET])).toMatchObject({
      ok: true,
    });
  });

  it('takes a body as text', () => {
    expect(verified(good, [SECRET], BODY.toString())).toMatchObject({ ok: true });
  });

  it('takes any of several keys', () => {
    expect(verified(good, [PUBLIC_KEY, OTHER_SECRET, SECRET])).toMatchObject({ ok: true });
  });

  it('passes over signatures of versions that it does not know', () => {
    const headers = { ...good, 'webhook-signature': `v2,abc= v1b,xyz ${SIGNATURE}` };
    expect(verified(headers, [SECRET])).toMatchObject({ ok: true });
  });

  it.each<[string, WebhookHeaders, readonly string[], string | undefined, string]>([
    ['no id', { ...good, 'webhook-id': undefined }, [SECRET], undefined, 'header-missing'],
    ['no time', { ...good, 'webhook-timestamp': undefined }, [SECRET], undefined, 'header-missing'],
    ['no signature', { ...good, 'webhook-signature': '' }, [SECRET], undefined, 'header-missing'],
    [
      'a time that is none',
      { ...good, 'webhook-timestamp': '1e9' },
      [SECRET],
      undefined,
      'timestamp-invalid',
    ],
    ['another id', { ...good, 'webhook-id': 'msg_other' }, [SECRET], undefined, 'signature-invalid'],
    [
      'another time',
      { ...good, 'webhook-timestamp': String(SECONDS + 1) },
      [SECRET],
      undefined,
      'signature-invalid',
    ],
    ['another body', good, [SECRET], '{"test": 2432232315}', 'signature-invalid'],
    ['another key', good, [OTHER_SECRET, PUBLIC_KEY], undefined, 'signature-invalid'],
    [
      'half a signature',
      { ...good, 'webhook-signature': SIGNATURE.slice(0, 20) },
      [SECRET],
      undefined,
      'signature-invalid',
    ],
    [
      'the signature of another version',
      { ...good, 'webhook-signature': SIGNATURE.replace('v1', 'v1a') },
      [PUBLIC_KEY],
      undefined,
      'signature-invalid',
    ],
    [
      'a v1 signature under v1a',
      { ...good, 'webhook-signature': SIGNATURE.replace('v1', 'v1a') },
      [SECRET],
      undefined,
      'signature-invalid',
    ],
    [
      'the right one behind 32 others',
      { ...good, 'webhook-signature': `${'v1,AAAA '.repeat(32)}${SIGNATURE}` },
      [SECRET],
      undefined,
      'signature-invalid',
    ],
  ])('refuses %s', (_name, headers, keys, body, reason) => {
    expect(verified(headers, keys, body)).toEqual({ ok: false, reason });
  });

  it('takes times within the tolerance, and no others, in both directions', () => {
    const at = (ageSeconds: number, toleranceSeconds?: number) =>
      new WebhookVerifier([SECRET], toleranceSeconds).verify({
        headers: good,
        body: BODY,
        now: new Date(NOW.getTime() + ageSeconds * 1_000),
      });
    expect(at(300)).toMatchObject({ ok: true });
    expect(at(-300)).toMatchObject({ ok: true });
    expect(at(301)).toEqual({ ok: false, reason: 'timestamp-too-old' });
    expect(at(-301)).toEqual({ ok: false, reason: 'timestamp-too-new' });
    expect(at(11, 10)).toEqual({ ok: false, reason: 'timestamp-too-old' });
  });

  it.each([[[]], [['s3cret']], [[PRIVATE_KEY]], [['whpk_AAAA']]])(
    'throws at keys that are none: %#',
    (keys) => {
      expect(() => verified(good, keys)).toThrow(expect.objectContaining({ code: 'SIGNING_KEY_INVALID' }));
    },
  );
});

describe('the set of public keys', () => {
  it('has each Ed25519 key once, in both notations, and nothing of a secret', () => {
    const { publicKey } = generateKeyPairSync('ed25519');
    const set = webhookKeySet([SECRET, PRIVATE_KEY, WHOLE_PRIVATE_KEY].map(parseSigningKey));
    expect(set.keys).toEqual([
      {
        kty: 'OKP',
        crv: 'Ed25519',
        // RFC 8037 appendix A.2 and A.3: the same key, and its thumbprint.
        x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
        kid: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
        use: 'sig',
        alg: 'EdDSA',
        webhookKey: PUBLIC_KEY,
      },
    ]);
    expect(publicKey.export({ format: 'jwk' })).toMatchObject({ kty: 'OKP', crv: 'Ed25519' });
  });
});
