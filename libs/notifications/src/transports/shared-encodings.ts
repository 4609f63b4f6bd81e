import type { EncodedRequest, Format } from '../event/format.js';
import type { LogRecord } from '../event-log/log-record.js';

/** What a format made of events, with the body as it goes out. */
export type SharedRequest = Omit<EncodedRequest, 'body'> & { readonly body: Buffer };

interface Encoding {
  readonly sharedAs: string;
  readonly records: readonly LogRecord[];
  readonly request: SharedRequest;
}

/** Endpoints that stand at the same place ask one after the other; those that are elsewhere share nothing. */
const REMEMBERED = 4;

/**
 * Requests that were made last, so that endpoints that stand at the same place of the log send the same bytes, made once. Only formats
 * say so that put nothing of the endpoint into a request.
 */
export class SharedEncodings {
  readonly #recent: Encoding[] = [];

  /** What the format makes of these events, which are the very objects that the log gave. @throws what {@link Format.encode} throws */
  encode(format: Format, records: readonly LogRecord[], sharedAs: string): SharedRequest {
    const known = this.#recent.find(
      (encoding) => encoding.sharedAs === sharedAs && sameRecords(encoding.records, records),
    );
    if (known !== undefined) return known.request;
    const encoded = format.encode(records, { sequences: [] });
    const request = { ...encoded, body: Buffer.from(encoded.body) };
    this.#recent.unshift({ sharedAs, records, request });
    this.#recent.length = Math.min(this.#recent.length, REMEMBERED);
    return request;
  }
}

function sameRecords(some: readonly LogRecord[], others: readonly LogRecord[]): boolean {
  return some.length === others.length && some.every((record, index) => record === others[index]);
}
