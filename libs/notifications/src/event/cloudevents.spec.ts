import { CloudEvent, HTTP } from 'cloudevents';
import { describe, expect, it } from 'vitest';
import type { LogRecord } from '../event-log/log-record.js';
import { eventJson } from './event-json.js';
import { formatOf, type EncodedRequest, type Format } from './format.js';
import type { EventTarget, RegistryEventDetail, RegistryEventType } from './registry-event.js';

const DIGEST = `sha256:${'1'.repeat(64)}`;
const TIME = Date.UTC(2026, 2, 4, 5, 6, 7, 891);

const recordOf = (
  type: RegistryEventType,
  target: EventTarget,
  detail: RegistryEventDetail = {},
): LogRecord => ({
  sequence: 99,
  id: `id-of-${type}`,
  lane: target.repository,
  type,
  timeMs: TIME,
  data: eventJson({
    id: `id-of-${type}`,
    timestamp: new Date(TIME).toISOString(),
    action: 'push',
    target,
    request: { id: 'r1', method: 'PUT', useragent: 'ua' },
    actor: { name: 'ci-bot' },
    source: { addr: 'node-1:5000', instanceID: 'i1' },
  }),
  detail: JSON.stringify(detail),
});

const order: LogRecord = {
  sequence: 100,
  id: 'an order',
  lane: 'customer 7 "ü"',
  type: 'orders.order.paid',
  timeMs: TIME,
  data: '{"total":12.50}',
};

const content: EventTarget = { repository: 'team/api', digest: DIGEST, mediaType: 'm', size: 5, url: 'u' };
const push = recordOf('registry.manifest.push', { ...content, tag: '1.0' }, { previousDigest: 'd0' });

const encode = (format: Format, ...records: LogRecord[]) =>
  format.encode(records, { sequences: records.map((_, index) => index + 42) });

/** What an independent implementation understands. */
const received = ({ contentType, headers, body }: EncodedRequest) =>
  HTTP.toEvent<Record<string, unknown>>({ headers: { 'content-type': contentType, ...headers }, body });

const one = (request: EncodedRequest) => received(request) as CloudEvent<Record<string, unknown>>;

describe('CloudEvents', () => {
  it.each<[RegistryEventType, EventTarget, string]>([
    ['registry.manifest.push', { ...content, tag: '1.0' }, 'team/api:1.0'],
    ['registry.manifest.push', content, `team/api@${DIGEST}`],
    ['registry.manifest.pull', { ...content, tag: '1.0' }, 'team/api:1.0'],
    ['registry.manifest.delete', { repository: 'team/api', digest: DIGEST }, `team/api@${DIGEST}`],
    ['registry.blob.push', content, `team/api@${DIGEST}`],
    ['registry.blob.pull', content, `team/api@${DIGEST}`],
    ['registry.blob.mount', { ...content, fromRepository: 'team/base' }, `team/api@${DIGEST}`],
    ['registry.blob.delete', { repository: 'team/api', digest: DIGEST }, `team/api@${DIGEST}`],
    ['registry.tag.delete', { repository: 'team/api', tag: '1.0' }, 'team/api:1.0'],
    ['registry.repository.delete', { repository: 'team/api' }, 'team/api'],
  ])('%s is understood by another implementation, with type, source and subject', (type, target, subject) => {
    const event = one(encode(formatOf('cloudevents'), recordOf(type, target)));
    expect(event.validate()).toBe(true);
    expect(event).toMatchObject({
      specversion: '1.0',
      id: `id-of-${type}`,
      type: `dev.herald.${type}.v1`,
      source: '//node-1:5000/team/api',
      subject,
      time: '2026-03-04T05:06:07.891Z',
      datacontenttype: 'application/json',
      partitionkey: 'team/api',
      sequence: '0000000000000042',
    });
    const [, kind] = type.split('.');
    expect(event.data).toMatchObject({
      kind,
      repository: 'team/api',
      request: { id: 'r1' },
      node: { instanceID: 'i1' },
    });
  });

  it('tells what the envelope of Distribution cannot', () => {
    const detail: RegistryEventDetail = {
      previousDigest: 'd0',
      deletedDigest: 'd1',
      deletedTags: ['a', 'b'],
      artifactType: 'application/x',
      subject: 'd2',
      annotations: { a: 'b' },
      references: [{ mediaType: 'm', digest: 'd3', size: 1, platform: { os: 'linux' } }],
      status: 200,
      bytesSent: 5,
      durationMs: 1.5,
    };
    const event = one(encode(formatOf('cloudevents'), recordOf('registry.manifest.push', content, detail)));
    expect(event.data).toMatchObject({ ...detail });
    expect(event.data).not.toHaveProperty('tag');
  });

  it('lists the references that the envelope has when the detail has no others', () => {
    const references = [{ mediaType: 'm', digest: 'd3', size: 1 }];
    const event = one(
      encode(formatOf('cloudevents'), recordOf('registry.manifest.pull', { ...content, references })),
    );
    expect(event.data).toMatchObject({ references });
  });

  it('names the registry as it is told to', () => {
    const format = formatOf('cloudevents', { cloudevents: { source: 'https://reg.test/' } });
    expect(one(encode(format, push)).source).toBe('https://reg.test/team/api');
  });

  it("passes an application's events on with their own type and data", () => {
    const request = encode(formatOf('cloudevents'), order);
    expect(request.body).toContain('"data":{"total":12.50}');
    expect(one(request)).toMatchObject({
      type: 'orders.order.paid',
      source: '/orders',
      partitionkey: 'customer 7 "ü"',
      data: { total: 12.5 },
    });
    expect(one(request).subject).toBeUndefined();
  });

  it('says the same in binary mode, in headers that any server takes', () => {
    const format = formatOf('cloudevents', { cloudevents: { mode: 'binary' } });
    const request = encode(format, push);
    const { data, ...attributes } = one(encode(formatOf('cloudevents'), push));
    expect(request.contentType).toBe('application/json');
    expect(one(request)).toMatchObject(attributes);
    expect(JSON.parse(request.body)).toEqual(data);
    expect(request.headers).not.toHaveProperty('ce-datacontenttype');
    expect(encode(format, order).headers['ce-partitionkey']).toBe('customer%207%20%22%C3%BC%22');
  });

  it('sends a batch only where it was asked for', () => {
    const batched = formatOf('cloudevents', { cloudevents: { mode: 'batched' } });
    const request = encode(batched, push, order);
    expect(request.contentType).toBe('application/cloudevents-batch+json; charset=utf-8');
    expect(received(request)).toMatchObject([
      { id: push.id, sequence: '0000000000000042' },
      { id: order.id, sequence: '0000000000000043' },
    ]);
    expect(batched.maxEvents).toBe(Infinity);
    for (const mode of ['structured', 'binary'] as const) {
      const format = formatOf('cloudevents', { cloudevents: { mode } });
      expect(format.maxEvents).toBe(1);
      expect(() => encode(format, push, order)).toThrow(
        expect.objectContaining({ code: 'TOO_MANY_EVENTS' }) as Error,
      );
    }
  });

  it('numbers events so that the text sorts as the numbers do', () => {
    const sequenceOf = (number: number) =>
      one(formatOf('cloudevents').encode([push], { sequences: [number] }))['sequence'] as string;
    expect([sequenceOf(10), sequenceOf(9), sequenceOf(Number.MAX_SAFE_INTEGER)].toSorted()).toEqual([
      sequenceOf(9),
      sequenceOf(10),
      sequenceOf(Number.MAX_SAFE_INTEGER),
    ]);
  });
});
