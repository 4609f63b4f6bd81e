import { describe, expect, it } from 'vitest';
import type { LogRecord } from '../event-log/log-record.js';
import { eventJson } from './event-json.js';
import { formatOf } from './format.js';
import { FormatError } from './format.error.js';
import type { EventTarget, RegistryEvent, RegistryEventDetail } from './registry-event.js';

const MANIFEST = `sha256:${'1'.repeat(64)}`;
const LAYER = `sha256:${'2'.repeat(64)}`;
const IMAGE = 'application/vnd.oci.image.manifest.v1+json';

const event = (target: EventTarget, action: RegistryEvent['action'] = 'push'): RegistryEvent => ({
  id: '0192f3aa-7c11-7d02-9b6e-4f1f0c9d5a77',
  timestamp: '2026-03-04T05:06:07.891Z',
  action,
  target,
  request: { id: 'r1', addr: '203.0.113.9:4711', host: 'reg.test', method: 'PUT', useragent: 'ua' },
  actor: { name: 'ci-bot' },
  source: { addr: 'node-1:5000' },
});

const record = (
  of: RegistryEvent,
  type = 'registry.manifest.push',
  detail?: RegistryEventDetail,
): LogRecord => ({
  sequence: 7,
  id: of.id,
  lane: of.target.repository,
  type,
  timeMs: 0,
  data: eventJson(of),
  ...(detail && { detail: JSON.stringify(detail) }),
});

const manifest: EventTarget = {
  tag: '1.4.2',
  url: `https://reg.test/v2/team/api/manifests/${MANIFEST}`,
  repository: 'team/api',
  length: 1234,
  digest: MANIFEST,
  size: 1234,
  mediaType: IMAGE,
};
const layer = (digit: string): EventTarget => ({
  mediaType: 'application/octet-stream',
  digest: `sha256:${digit.repeat(64)}`,
  size: 2,
  length: 2,
  repository: 'team/api',
  url: `https://reg.test/v2/team/api/blobs/sha256:${digit.repeat(64)}`,
});

const REQUEST =
  '"request":{"id":"r1","addr":"203.0.113.9:4711","host":"reg.test","method":"PUT","useragent":"ua"},"actor":{"name":"ci-bot"},"source":{"addr":"node-1:5000"}}';
const HEAD =
  '{"id":"0192f3aa-7c11-7d02-9b6e-4f1f0c9d5a77","timestamp":"2026-03-04T05:06:07.891Z","action":"push","target":';

const targetOf = (
  name: 'distribution.v1' | 'distribution.v2',
  of: EventTarget,
  detail?: RegistryEventDetail,
) => {
  const { body } = formatOf(name).encode([record(event(of), 'registry.manifest.push', detail)], {
    sequences: [1],
  });
  return JSON.stringify((JSON.parse(body) as { events: [{ target: unknown }] }).events[0].target);
};

describe('the envelope of Distribution 2.8', () => {
  it('has exactly these bytes for a manifest and two layers: key order and omissions are the protocol', () => {
    const records = [manifest, layer('2'), layer('3')].map((target) => record(event(target)));
    const { contentType, body, headers } = formatOf('distribution.v1').encode(records, {
      sequences: [1, 2, 3],
    });
    const blob = (digit: string) =>
      `${HEAD}{"mediaType":"application/octet-stream","size":2,"digest":"sha256:${digit.repeat(64)}","length":2,"repository":"team/api","url":"https://reg.test/v2/team/api/blobs/sha256:${digit.repeat(64)}"},${REQUEST}`;
    expect(body).toBe(
      `{"events":[${HEAD}{"mediaType":"${IMAGE}","size":1234,"digest":"${MANIFEST}","length":1234,"repository":"team/api","url":"https://reg.test/v2/team/api/manifests/${MANIFEST}","tag":"1.4.2"},${REQUEST},${blob('2')},${blob('3')}]}`,
    );
    expect(contentType).toBe('application/vnd.docker.distribution.events.v1+json');
    expect(headers).toEqual({});
  });

  it('sends the text that was recorded, and does not write it anew', () => {
    const data = '{"id" : "kept as it is", "n": 12345678901234567890}';
    const { body } = formatOf('distribution.v1').encode([{ ...record(event(manifest)), data }], {
      sequences: [1],
    });
    expect(body).toBe(`{"events":[${data}]}`);
  });

  it('leaves out what is empty: the tag of a digest push, the size of nothing, the name of nobody', () => {
    const nobody = {
      ...event({ repository: 'a', digest: LAYER, size: 0, length: 0, tag: '', references: [] }),
      actor: {},
    };
    expect(eventJson({ ...nobody, source: {} })).toBe(
      `${HEAD}{"digest":"${LAYER}","repository":"a"},${REQUEST.replace('{"name":"ci-bot"}', '{}').replace('{"addr":"node-1:5000"}', '{}')}`,
    );
  });

  it('has references in the order of 2.8, which knows no artifact type', () => {
    const references = [
      {
        artifactType: 'application/x',
        platform: { architecture: 'arm64', os: 'linux' },
        annotations: { a: 'b' },
        urls: ['https://u.test'],
        size: 0,
        digest: LAYER,
        mediaType: IMAGE,
      },
    ];
    expect(targetOf('distribution.v1', { repository: 'a', references })).toBe(
      `{"repository":"a","references":[{"mediaType":"${IMAGE}","digest":"${LAYER}","urls":["https://u.test"],"annotations":{"a":"b"},"platform":{"architecture":"arm64","os":"linux"}}]}`,
    );
  });
});

describe('the envelope of Distribution 3', () => {
  const references = [{ mediaType: IMAGE, size: 5, digest: LAYER, platform: { os: 'linux' } }];

  it('has its media type, and the digest before the size', () => {
    const { contentType } = formatOf('distribution.v2').encode([record(event(manifest))], { sequences: [1] });
    expect(contentType).toBe('application/vnd.docker.distribution.events.v2+json');
    expect(targetOf('distribution.v2', { ...manifest, fromRepository: 'f', references })).toBe(
      `{"mediaType":"${IMAGE}","digest":"${MANIFEST}","size":1234,"length":1234,"repository":"team/api","fromRepository":"f","url":"https://reg.test/v2/team/api/manifests/${MANIFEST}","tag":"1.4.2","references":[{"mediaType":"${IMAGE}","digest":"${LAYER}","size":5,"platform":{"os":"linux"}}]}`,
    );
  });

  it('says the media type, digest and size of a deleted tag as empty', () => {
    expect(targetOf('distribution.v2', { repository: 'team/api', tag: '1.4.2' })).toBe(
      '{"mediaType":"","digest":"","size":0,"repository":"team/api","tag":"1.4.2"}',
    );
  });

  it('tells the platform and artifact type of references where the detail knows more than version 1 could say', () => {
    const full = [
      { mediaType: IMAGE, digest: LAYER, size: 5, platform: { os: 'linux' }, artifactType: 'application/x' },
    ];
    const told = [{ mediaType: IMAGE, digest: LAYER, size: 5 }];
    expect(
      targetOf('distribution.v2', { repository: 'a', references: told }, { references: full }),
    ).toContain('"platform":{"os":"linux"},"artifactType":"application/x"');
  });

  it('lists no references when the envelope is not to have any', () => {
    const target = targetOf('distribution.v2', { repository: 'a' }, { references });
    expect(target).not.toContain('references');
  });

  it('has the other keys in their order', () => {
    const { body } = formatOf('distribution.v2').encode([record(event(manifest))], { sequences: [1] });
    const [first] = (JSON.parse(body) as { events: [object] }).events;
    expect(Object.keys(first)).toEqual(['id', 'timestamp', 'action', 'target', 'request', 'actor', 'source']);
  });
});

describe("a format of Distribution's", () => {
  it.each(['distribution.v1', 'distribution.v2'] as const)(
    '%s carries events of the registry alone',
    (name) => {
      expect(formatOf(name).carries(record(event(manifest)))).toBe(true);
      expect(formatOf(name).carries(record(event(manifest), 'orders.order.paid'))).toBe(false);
    },
  );

  it('takes any number of events, but one in the layout of upstream', () => {
    const two = [record(event(manifest)), record(event(manifest))];
    const upstream = formatOf('distribution.v1', { layout: 'upstream' });
    expect(formatOf('distribution.v1').maxEvents).toBe(Infinity);
    expect(upstream.maxEvents).toBe(1);
    expect(() => upstream.encode(two, { sequences: [1, 2] })).toThrow(
      expect.objectContaining({ code: 'TOO_MANY_EVENTS' }) as FormatError,
    );
    expect(() => upstream.encode([], { sequences: [] })).toThrow(FormatError);
  });
});
