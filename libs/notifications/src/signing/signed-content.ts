import { createHash } from 'node:crypto';

/** Names of the headers of Standard Webhooks 1.0, in lower case. */
export const WEBHOOK_ID = 'webhook-id';
export const WEBHOOK_TIMESTAMP = 'webhook-timestamp';
export const WEBHOOK_SIGNATURE = 'webhook-signature';

/** What is signed: the id, the seconds, and the bytes of the body as they are, with dots between them. */
export function signedContent(id: string, timestamp: string, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
}

/**
 * What a request is called: the id of its event when that is alone, so that each attempt has the same; else a digest of the list of ids,
 * since another list is another request. It holds no dot, which would make the signed content ambiguous.
 */
export function webhookIdOf(eventIds: readonly string[]): string {
  const [first, ...others] = eventIds;
  if (first !== undefined && others.length === 0 && !first.includes('.')) return first;
  return `list_${createHash('sha256').update(JSON.stringify(eventIds)).digest('hex')}`;
}
