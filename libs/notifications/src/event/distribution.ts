import type { LogRecord } from '../event-log/log-record.js';
import { elementV2 } from './distribution-v2.js';
import type { EncodedRequest, Format } from './encoding.js';
import { isRegistryType } from './event-type.js';
import { FormatError } from './format.error.js';
import { upstreamLayout } from './upstream-layout.js';

/** Media types of the two envelopes. */
const MEDIA_TYPES = {
  'distribution.v1': 'application/vnd.docker.distribution.events.v1+json',
  'distribution.v2': 'application/vnd.docker.distribution.events.v2+json',
} as const;

/** What lies between two elements. */
const SEPARATOR_BYTES = 1;

/** Fields of a target that version 2 writes although they are empty. */
const EMPTY_FIELDS_BYTES = '"mediaType":"","digest":"","size":0,'.length;

/**
 * Distribution's envelope, `{"events":[…]}`, as 2.8 (`distribution.v1`) or 3.x (`distribution.v2`) has it.
 *
 * `compact` is for everybody: receivers parse JSON. `upstream` is for receivers that do not, or that sign or compare bytes: one event a
 * request, indented and escaped as Go's encoder does it.
 */
export class DistributionFormat implements Format {
  readonly maxEvents: number;
  readonly sharedAs: string;

  constructor(
    readonly name: keyof typeof MEDIA_TYPES,
    private readonly layout: 'compact' | 'upstream' = 'compact',
  ) {
    this.sharedAs = `${name} ${layout}`;
    this.maxEvents = layout === 'upstream' ? 1 : Infinity;
  }

  carries(record: LogRecord): boolean {
    return isRegistryType(record.type);
  }

  sizeOf({ data, detail }: LogRecord): number {
    const elementBytes = Buffer.byteLength(data) + SEPARATOR_BYTES;
    if (this.name === 'distribution.v1') return elementBytes;
    return elementBytes + EMPTY_FIELDS_BYTES + (detail === undefined ? 0 : Buffer.byteLength(detail));
  }

  /** A record of this family holds v1's element as text: that costs no parsing and changes no byte. */
  element(record: LogRecord): string {
    return this.name === 'distribution.v1' ? record.data : elementV2(record);
  }

  encode(records: readonly LogRecord[]): EncodedRequest {
    FormatError.checkCount(records.length, this.maxEvents);
    const elements = records.map((record) => this.element(record));
    const envelope = `{"events":[${elements.join(',')}]}`;
    return {
      contentType: MEDIA_TYPES[this.name],
      headers: {},
      body: this.layout === 'upstream' ? upstreamLayout(envelope) : envelope,
    };
  }
}
