import { EventEmitter2, type EventEmitterReadinessWatcher } from '@nestjs/event-emitter';
import type { AttemptResult } from '../delivery/attempt.js';
import type { LogRecord } from '../event-log/log-record.js';
import { endpointEventName, type EndpointEvent } from './on-endpoint-event.js';
import { SinkTransport } from './sink-transport.js';
import type { Envelope } from './transport.js';

/** Hands the events of one endpoint to its handlers in this process; see `OnEndpointEvent`. */
export class EmitterTransport extends SinkTransport {
  readonly #eventName: string;

  constructor(
    endpoint: string,
    private readonly emitter: EventEmitter2,
    private readonly readiness: EventEmitterReadinessWatcher,
  ) {
    super();
    this.#eventName = endpointEventName(endpoint);
  }

  /** @throws whatever a handler throws */
  override async post(envelope: Envelope, signal: AbortSignal): Promise<AttemptResult> {
    await this.readiness.waitUntilReady();
    // Nobody has taken what nobody has heard.
    if (!this.emitter.hasListeners(this.#eventName)) return NOBODY;
    if (envelope.test === true) return { kind: 'taken' };
    for (const [index, record] of envelope.records.entries()) {
      await this.emitter.emitAsync(this.#eventName, eventOf(record, index, envelope, signal));
      if (signal.aborted) break;
    }
    return { kind: 'taken' };
  }
}

const NOBODY: AttemptResult = { kind: 'unanswered', fault: 'handler', sent: false, stale: false };

function eventOf(
  { id, type, lane, timeMs, data, detail }: LogRecord,
  index: number,
  { log, sequences, replay }: Envelope,
  signal: AbortSignal,
): EndpointEvent {
  const sequence = sequences[index];
  return {
    id,
    type,
    lane,
    timeMs,
    data: JSON.parse(data) as unknown,
    ...(detail !== undefined && { detail: JSON.parse(detail) as unknown }),
    log,
    ...(sequence !== undefined && { sequence }),
    ...(replay !== undefined && { replay }),
    signal,
  };
}
