import type { Clock } from '../delivery/clock.js';
import {
  signedContent,
  WEBHOOK_ID,
  WEBHOOK_SIGNATURE,
  WEBHOOK_TIMESTAMP,
  webhookIdOf,
} from './signed-content.js';
import { signatureOf, type SigningKey } from './signing-key.js';

const MS_PER_SECOND = 1_000;

/** Signs the requests of one endpoint by Standard Webhooks 1.0, once with each of its keys, so that keys can be changed without a gap. */
export class RequestSigner {
  constructor(
    private readonly keys: readonly SigningKey[],
    private readonly clock: Clock,
  ) {}

  /** The headers of one attempt, for exactly these bytes. The time in them is the attempt's. None without a key. */
  headersFor(eventIds: readonly string[], body: Uint8Array): Readonly<Record<string, string>> {
    if (this.keys.length === 0) return {};
    const id = webhookIdOf(eventIds);
    const timestamp = String(Math.floor(this.clock.now() / MS_PER_SECOND));
    const content = signedContent(id, timestamp, body);
    return {
      [WEBHOOK_ID]: id,
      [WEBHOOK_TIMESTAMP]: timestamp,
      [WEBHOOK_SIGNATURE]: this.keys.map((key) => signatureOf(key, content)).join(' '),
    };
  }

  /** Shared secrets as a receiver could show them in an answer. */
  get secrets(): readonly string[] {
    return this.keys.flatMap((key) =>
      key.version === 'v1' ? [key.secret.export().toString('base64').replaceAll('=', '')] : [],
    );
  }
}
