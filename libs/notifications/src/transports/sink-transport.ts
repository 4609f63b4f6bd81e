import type { AttemptResult } from '../delivery/attempt.js';
import type { Envelope } from './transport.js';

/**
 * How an application delivers by a way of its own: a queue, a chat, another protocol. A provider of the application that an endpoint of
 * the type `custom` names by its token; Herald keeps the order, tries again and remembers where the endpoint stands.
 *
 * ```ts
 * @Injectable()
 * export class QueueTransport extends SinkTransport {
 *   async post({ records }: Envelope, signal: AbortSignal): Promise<AttemptResult> {
 *     await this.queue.send(records.map(({ id, data }) => ({ id, data })), { signal });
 *     return { kind: 'taken' };
 *   }
 * }
 * ```
 */
export abstract class SinkTransport {
  /**
   * Delivers all events of the envelope, or fails: what it throws counts as a failure of the endpoint, and the envelope comes again. An
   * event may come more than once, always with the same id. Nothing of an error but its existence is logged.
   *
   * An answer with an HTTP status may be returned in place of `taken`, to say more than yes and no: 422 refuses an event for good, 429
   * with `retryAfter` asks for a rest, 410 retires the endpoint. Its text is kept with dead letters, up to 1,024 characters: no secrets in
   * it. What is no answer at all counts as a failure too.
   *
   * @param signal aborted when the endpoint's `timeoutMs` is over or the application stops; the answer is not waited for any more then
   */
  abstract post(envelope: Envelope, signal: AbortSignal): Promise<AttemptResult>;
}
