import type { AttemptResult } from '../delivery/attempt.js';
import type { EncodedRequest, Format } from '../event/format.js';
import type { EndpointClient } from '../http/endpoint-client.js';
import type { HandshakeState } from '../http/handshake.js';
import type { SharedEncodings, SharedRequest } from './shared-encodings.js';
import { Transport, type Envelope } from './transport.js';

/** Envelopes as HTTP requests, in the endpoint's format. */
export class WebhookTransport extends Transport {
  constructor(
    private readonly format: Format,
    private readonly client: EndpointClient,
    private readonly shared: SharedEncodings,
  ) {
    super();
  }

  override async post(envelope: Envelope): Promise<AttemptResult> {
    const { log, records, sequences, replay } = envelope;
    let encoded;
    try {
      encoded = this.#encode(envelope);
    } catch {
      return { kind: 'unanswered', fault: 'encode', sent: false, stale: false };
    }
    const eventIds = records.map(({ id }) => id);
    return this.client.post(encoded, { log, eventIds, sequences, ...(replay !== undefined && { replay }) });
  }

  override get handshake(): HandshakeState | undefined {
    return this.client.handshake;
  }

  override close(): void {
    this.client.close();
  }

  #encode({ records, sequences, replay, test }: Envelope): EncodedRequest | SharedRequest {
    if (test === true && !records.every((record) => this.format.carries(record))) return this.#nothing();
    const { sharedAs } = this.format;
    if (sharedAs !== undefined) return this.shared.encode(this.format, records, sharedAs);
    return this.format.encode(records, { sequences, ...(replay !== undefined && { replay }) });
  }

  /** A format that cannot carry the event of a test is tried with an envelope without events. */
  #nothing(): EncodedRequest {
    const version = this.format.name.replace('distribution.', '');
    const contentType = `application/vnd.docker.distribution.events.${version}+json`;
    return { contentType, headers: {}, body: '{"events":[]}' };
  }
}
