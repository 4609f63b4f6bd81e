import { hostname } from 'node:os';
import type { RegistryEvent } from '@herald/notifications';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Delivery } from '../support/receiver.js';
import { capture, loadCaptures, type Capture } from './captures.js';
import { GoldenRegistry, headerLine, masked, type Replayed } from './replay.js';

const captures = loadCaptures();

interface Exception {
  readonly reason: string;
  /** The status that Herald answers. */
  readonly status?: number;
  /** What is expected in place of the captured webhooks. */
  readonly webhooks?: (own: Capture['webhooks']) => Capture['webhooks'];
}

/**
 * Every difference from upstream that `notifications.compatibility: distribution` leaves, with its reason. All else must be equal, byte
 * for byte, but for ids, times, ports and the host that events name as their source.
 */
const EXCEPTIONS: Readonly<Record<string, Exception>> = {
  'get-manifest-schema2-no-accept': {
    reason:
      'upstream tries to convert to schema1, reads the configuration for it and answers 400; Herald serves what is stored',
    status: 200,
    webhooks: firstOfEach,
  },
  'get-manifest-oci-no-accept': {
    reason:
      'upstream answers 404 for want of an Accept header, and tells a pull; Herald serves what is stored',
    status: 200,
  },
  'get-manifest-list-no-accept': {
    reason: 'upstream picks the manifest of a platform and tells two pulls; Herald serves what was asked for',
    webhooks: firstOfEach,
  },
  'mount-blob-no-from': {
    reason:
      'upstream must be told where to mount from; Herald finds it (OCI distribution-spec, end-11) and tells it',
    status: 201,
    webhooks: () => mountOf('push-chunked-put'),
  },
  'delete-tag': {
    reason:
      'upstream 2.8 cannot delete a tag; 3.x can, with an event like those of tags that go with a manifest',
    status: 202,
    webhooks: () =>
      capture(captures, 'delete-manifest-digest-tagged').webhooks.filter(
        (webhook) => tagOf(webhook) === 'latest',
      ),
  },
  'delete-manifest-digest-tagged': {
    reason: 'upstream deletes the tags of a manifest in any order; here the order is that of their names',
    webhooks: (own) => own.toSorted((a, b) => tagOf(a).localeCompare(tagOf(b))),
  },
};

/** Headers that say who sends, and not what: of Herald they are its own. Lengths follow from the bodies. */
const HEADER_EXCEPTIONS: ReadonlySet<string> = new Set([
  'host',
  'user-agent',
  'accept-encoding',
  'content-length',
]);

const ENDPOINTS = ['normal', 'filtered'] as const;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('notifications.compatibility: distribution', () => {
  const registry = new GoldenRegistry(captures);

  beforeAll(() => registry.start('distribution'));
  afterAll(() => registry.stop());

  describe.each(captures)('$operation ($note)', (captured) => {
    const exception = EXCEPTIONS[captured.operation];
    const webhooks = exception?.webhooks?.(captured.webhooks) ?? captured.webhooks;
    let replayed: Replayed;

    beforeAll(async () => {
      replayed = await registry.replay(captured);
      expect(replayed.status).toBe(exception?.status ?? captured.response.status);
    });

    it.each(ENDPOINTS)('sends %s what upstream sent, byte for byte', (endpoint) => {
      const delivered = replayed.delivered[endpoint];
      const expected = webhooks.filter((webhook) => webhook.endpoint === endpoint);
      expect(delivered.map(({ body }) => masked(body))).toEqual(
        expected.map(({ rawBody }) => masked(rawBody)),
      );
      for (const delivery of delivered) expectOwnFields(delivery, registry.url);
    });

    it.each(ENDPOINTS)('sends %s the headers that upstream sent', (endpoint) => {
      const expected = webhooks.filter((webhook) => webhook.endpoint === endpoint);
      for (const [index, { headers }] of expected.entries()) {
        const own = headers.map(headerLine).filter(([name]) => !HEADER_EXCEPTIONS.has(name));
        expect(linesOf(replayed.delivered[endpoint][index])).toEqual(expect.arrayContaining(own));
      }
    });

    it('gives an event the same id at both endpoints', () => {
      const ids = replayed.delivered.normal.flatMap(({ events }) => events.map(({ id }) => id));
      expect(new Set(ids).size).toBe(ids.length);
      for (const { events } of replayed.delivered.filtered) expect(ids).toContain(events[0]?.id);
    });
  });

  it('excepts nothing that was not captured, and replays all that was', () => {
    const operations = captures.map(({ operation }) => operation);
    expect(operations).toEqual(expect.arrayContaining(Object.keys(EXCEPTIONS)));
    expect(operations).toHaveLength(31);
  });
});

/** What {@link masked} hides: it must have the form that upstream gives it. */
function expectOwnFields({ events }: Delivery, url: string): void {
  const { host, port } = new URL(url);
  expect(events).toHaveLength(1);
  for (const { id, timestamp, request, source, target } of events) {
    expect(id).toMatch(UUID);
    expect(timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/);
    expect(request.id).toMatch(UUID);
    expect(request.addr).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(request.host).toBe(host);
    expect(source.addr).toBe(`${hostname()}:${port}`);
    expect(source.instanceID).toMatch(UUID);
    if (target.url !== undefined) expect(new URL(target.url).host).toBe(host);
  }
}

/** The captured mount, with the blob of that push. */
function mountOf(push: string): Capture['webhooks'] {
  const [blob] = capture(captures, push).webhooks.map(eventOf);
  return capture(captures, 'mount-blob').webhooks.map((webhook) => {
    const { target } = eventOf(webhook);
    const rawBody = webhook.rawBody
      .replaceAll(target.digest ?? '', blob?.target.digest ?? '')
      .replaceAll(/("(?:size|length)": )\d+/g, `$1${blob?.target.size}`);
    return Object.assign({}, webhook, { rawBody });
  });
}

function eventOf({ rawBody }: { readonly rawBody: string }): RegistryEvent {
  const [event] = (JSON.parse(rawBody) as { events: [RegistryEvent] }).events;
  return event;
}

function firstOfEach(webhooks: Capture['webhooks']): Capture['webhooks'] {
  return ENDPOINTS.flatMap((name) => webhooks.find(({ endpoint }) => endpoint === name) ?? []);
}

function tagOf({ rawBody }: { readonly rawBody: string }): string {
  return /"tag": "([^"]+)"/.exec(rawBody)?.[1] ?? '';
}

function linesOf(delivery: Delivery | undefined): readonly (readonly [string, string])[] {
  const raw = delivery?.rawHeaders ?? [];
  return raw.flatMap((name, index) =>
    index % 2 === 0 ? [[name.toLowerCase(), raw[index + 1] ?? ''] as const] : [],
  );
}
