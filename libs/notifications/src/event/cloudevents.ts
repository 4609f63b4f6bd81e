import type { LogRecord } from '../event-log/log-record.js';
import type { CloudEventsOptions } from '../notifications.options.js';
import { registryData } from './cloudevents-data.js';
import type { ElementContext, EncodeContext, EncodedRequest, Format } from './encoding.js';
import { isRegistryType } from './event-type.js';
import { FormatError } from './format.error.js';
import type { EventTarget, RegistryEvent } from './registry-event.js';

type Attributes = Readonly<Record<string, string>>;

/** In lower case, because the JavaScript SDK takes no other spelling of it. */
const CHARSET = 'charset=utf-8';

/** An event in two parts: its context attributes, and its data as JSON text. */
interface CloudEvent {
  readonly attributes: Attributes;
  readonly data: string;
}

/** Digits of the largest safe integer: numbers of that width sort as text. */
const SEQUENCE_DIGITS = 16;

/** More than the names and values of all attributes that have a bound, and the names of the data's fields. */
const ATTRIBUTES_BYTES = 1_024;

/**
 * CloudEvents 1.0 over HTTP, in the structured, binary or batched content mode. It carries every family of events.
 *
 * | log                          | `type`                                   | `subject`                          |
 * |------------------------------|------------------------------------------|------------------------------------|
 * | `registry.manifest.push`     | `dev.herald.registry.manifest.push.v1`   | `repository:tag`, `repository@digest` |
 * | `registry.manifest.pull`     | `dev.herald.registry.manifest.pull.v1`   | `repository:tag`, `repository@digest` |
 * | `registry.manifest.delete`   | `dev.herald.registry.manifest.delete.v1` | `repository@digest`                |
 * | `registry.blob.push`         | `dev.herald.registry.blob.push.v1`       | `repository@digest`                |
 * | `registry.blob.pull`         | `dev.herald.registry.blob.pull.v1`       | `repository@digest`                |
 * | `registry.blob.mount`        | `dev.herald.registry.blob.mount.v1`      | `repository@digest`                |
 * | `registry.blob.delete`       | `dev.herald.registry.blob.delete.v1`     | `repository@digest`                |
 * | `registry.tag.delete`        | `dev.herald.registry.tag.delete.v1`      | `repository:tag`                   |
 * | `registry.repository.delete` | `dev.herald.registry.repository.delete.v1` | `repository`                     |
 * | any other family             | as it is                                 | none                               |
 *
 * `source` is the registry and the repository (of another family, its name), `partitionkey` the lane, and `sequence` the endpoint's
 * own number, padded so that it sorts; what a replay sends has no number and the replay's name as `heraldreplay`. A new shape of the data will be another type.
 */
export class CloudEventsFormat implements Format {
  readonly name = 'cloudevents';
  readonly maxEvents: number;
  readonly #mode: NonNullable<CloudEventsOptions['mode']>;
  readonly #source: string | undefined;
  /** Bytes of an event's attributes, but for the lane. */
  readonly #fixedBytes: number;

  constructor({ mode = 'structured', source }: CloudEventsOptions = {}) {
    this.#mode = mode;
    this.#source = source?.replace(/\/$/, '');
    this.#fixedBytes = ATTRIBUTES_BYTES + Buffer.byteLength(this.#source ?? '');
    this.maxEvents = mode === 'batched' ? Infinity : 1;
  }

  carries(): boolean {
    return true;
  }

  sizeOf({ data, detail, lane }: LogRecord): number {
    const textBytes = Buffer.byteLength(data) + (detail === undefined ? 0 : Buffer.byteLength(detail));
    // The lane is the partition key, and a part of source and subject.
    return textBytes + 3 * Buffer.byteLength(JSON.stringify(lane)) + this.#fixedBytes;
  }

  element(record: LogRecord, { sequence, replay }: ElementContext = {}): string {
    return structured(this.#event(record, sequence, replay));
  }

  encode(records: readonly LogRecord[], { sequences, replay }: EncodeContext): EncodedRequest {
    FormatError.checkCount(records.length, this.maxEvents);
    const events = records.map((record, index) => this.#event(record, sequences[index], replay));
    const [first] = events;
    if (this.#mode === 'binary' && first !== undefined) return binary(first);
    if (this.#mode === 'batched')
      return {
        contentType: `application/cloudevents-batch+json; ${CHARSET}`,
        headers: {},
        body: `[${events.map(structured).join(',')}]`,
      };
    return {
      contentType: `application/cloudevents+json; ${CHARSET}`,
      headers: {},
      body: events.map(structured).join(),
    };
  }

  #event(record: LogRecord, sequence: number | undefined, replay: string | undefined): CloudEvent {
    const common = {
      time: new Date(record.timeMs).toISOString(),
      datacontenttype: 'application/json',
      partitionkey: record.lane,
      ...(sequence !== undefined && { sequence: String(sequence).padStart(SEQUENCE_DIGITS, '0') }),
      ...(replay !== undefined && { heraldreplay: replay }),
    };
    return isRegistryType(record.type)
      ? this.#registryEvent(record, common)
      : this.#otherEvent(record, common);
  }

  #registryEvent(record: LogRecord, common: Attributes): CloudEvent {
    const event = JSON.parse(record.data) as RegistryEvent;
    const registry = this.#source ?? (event.source.addr === undefined ? '' : `//${event.source.addr}`);
    return {
      attributes: {
        specversion: '1.0',
        id: record.id,
        source: `${registry}/${event.target.repository}`,
        type: `dev.herald.${record.type}.v1`,
        subject: subjectOf(event.target),
        ...common,
      },
      data: JSON.stringify(registryData(record, event)),
    };
  }

  /** Its data is sent as it was recorded, without being read. */
  #otherEvent(record: LogRecord, common: Attributes): CloudEvent {
    const family = record.type.slice(0, Math.max(record.type.indexOf('.'), 0)) || record.type;
    return {
      attributes: {
        specversion: '1.0',
        id: record.id,
        source: `${this.#source ?? ''}/${encodeURIComponent(family)}`,
        type: record.type,
        ...common,
      },
      data: record.data,
    };
  }
}

function subjectOf({ repository, tag, digest }: EventTarget): string {
  if (tag !== undefined) return `${repository}:${tag}`;
  return digest === undefined ? repository : `${repository}@${digest}`;
}

/** JSON format, with the data put in as text. */
function structured({ attributes, data }: CloudEvent): string {
  return `${JSON.stringify(attributes).slice(0, -1)},"data":${data}}`;
}

/** HTTP binding 3.1: attributes as `ce-` headers, the data as the body, its content type as the request's. */
function binary({ attributes: { datacontenttype = '', ...attributes }, data }: CloudEvent): EncodedRequest {
  const headers = Object.entries(attributes).map(([name, value]) => [`ce-${name}`, headerValue(value)]);
  return { contentType: datacontenttype, headers: Object.fromEntries(headers), body: data };
}

/** HTTP binding 3.1.3.2: space, quote, percent and all that is not printable ASCII are percent-encoded in UTF-8. */
function headerValue(value: string): string {
  return value
    .toWellFormed()
    .replaceAll(/[^!#$&-~]+/g, (part) =>
      [...Buffer.from(part)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
    );
}
