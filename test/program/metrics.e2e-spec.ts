import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { content, image, OCI_LAYER } from '../support/image.js';
import { MetricsPage } from '../support/prometheus.js';
import { Receiver } from '../support/receiver.js';
import { expectStatus, RegistryClient } from '../support/registry-client.js';
import { freePort, RegistryProcess } from '../support/registry-process.js';

/** One endpoint for each way in which a receiver can behave. */
const receivers = {
  healthy: new Receiver(),
  refusing: new Receiver(() => 500),
  down: new Receiver(),
  picky: new Receiver(({ events }) =>
    events.some(({ target }) => target.repository === 'team/poison') ? 500 : 200,
  ),
  gone: new Receiver(() => 410),
};

const EXTRAS: Readonly<Record<string, object>> = {
  healthy: {
    headers: { Authorization: ['Bearer s3cret'], 'X-Multi': ['one', 'two'] },
    ignore: { mediatypes: ['application/x-ignored'], actions: ['mount'] },
  },
};

describe('the debug address', () => {
  let registry: RegistryProcess;
  let debug: string;
  let pushed = 0;

  beforeAll(async () => {
    await Promise.all(Object.values(receivers).map((receiver) => receiver.up()));
    await receivers.down.down();
    debug = `http://127.0.0.1:${await freePort()}`;
    const urls = Object.entries(receivers).map(([name, { url }]) => ({ name, url }));
    const settings = { threshold: 2, backoff: '20ms', timeout: '1500ms' };
    registry = await new RegistryProcess({
      endpoints: urls.map(({ name, url }) => Object.assign({ name, url }, settings, EXTRAS[name])),
      http: { debug: { addr: new URL(debug).host, prometheus: { enabled: true } } },
    }).start();
  });

  afterAll(async () => {
    await registry.dispose();
    await Promise.all(Object.values(receivers).map((receiver) => receiver.down()));
  });

  const client = (repository = 'team/app') => new RegistryClient(registry.url, repository);
  const newBlob = () => content(OCI_LAYER, `blob ${(pushed += 1)}`);

  async function page(): Promise<MetricsPage> {
    const answer = await expectStatus(200, fetch(`${debug}/metrics`));
    return new MetricsPage(await answer.text());
  }

  /** Waits until a figure is what it should be. */
  async function reaches(
    name: string,
    labels: Readonly<Record<string, string>>,
    holds: (value: number) => boolean,
  ): Promise<void> {
    await vi.waitFor(
      async () => {
        const value = (await page()).value(name, labels);
        expect(value, `${name} ${JSON.stringify(labels)} is ${value}`).toSatisfy(holds);
      },
      { timeout: 20_000, interval: 20 },
    );
  }

  /** By how much a figure is more than before. */
  const moreThan =
    (before: number | undefined, by = 1) =>
    (value: number) =>
      value >= (before ?? 0) + by;

  describe('counts, of each endpoint,', () => {
    it('the events that it wants, and those that it took, and how long they were on their way', async () => {
      const endpoint = 'healthy';
      const before = await page();
      await client().pushBlob(newBlob());
      const counted = [
        ['registry_notifications_events_total', { type: 'Events', endpoint }],
        ['registry_notifications_events_total', { type: 'Successes', endpoint }],
        ['registry_notifications_status_total', { code: '200 OK', endpoint }],
        ['herald_notifications_attempts_total', { outcome: 'delivered', endpoint }],
        ['herald_notifications_commit_to_arrival_seconds_count', { endpoint }],
        ['herald_notifications_attempts_per_event_count', { endpoint }],
        ['herald_notifications_http_duration_seconds_count', { endpoint }],
      ] as const;
      for (const [name, labels] of counted) {
        await reaches(name, labels, (value) => value === (before.value(name, labels) ?? 0) + 1);
      }
      const after = await page();
      for (const name of ['commit_to_arrival', 'http_duration']) {
        const sum = `herald_notifications_${name}_seconds_sum`;
        expect(after.value(sum, { endpoint })).toBeGreaterThan(before.value(sum, { endpoint }) ?? 0);
      }
      expect(after.value('registry_notifications_pending_total', { endpoint })).toBe(0);
      expect(after.value('herald_notifications_lag_events', { endpoint })).toBe(0);
      expect(after.value('herald_notifications_oldest_pending_seconds', { endpoint })).toBe(0);
    });

    it('the attempts that were refused, by status, and the breaker that opens for it', async () => {
      const endpoint = 'refusing';
      await client().pushBlob(newBlob());
      const failures = ['registry_notifications_events_total', { type: 'Failures', endpoint }] as const;
      await reaches(...failures, (value) => value >= 2);
      const code = '500 Internal Server Error';
      await reaches('registry_notifications_status_total', { code, endpoint }, (value) => value >= 2);
      await reaches(
        'herald_notifications_attempts_total',
        { outcome: 'endpoint-fault', endpoint },
        (v) => v >= 2,
      );
      await reaches('herald_notifications_breaker_open', { endpoint }, (value) => value === 1);
    });

    it('the attempts that nobody answered, what waits for it, since when, and that it waits no more', async () => {
      const endpoint = 'down';
      const pending = ['registry_notifications_pending_total', { endpoint }] as const;
      const lag = ['herald_notifications_lag_events', { endpoint }] as const;
      const oldest = ['herald_notifications_oldest_pending_seconds', { endpoint }] as const;
      const before = await page();
      await client().pushBlob(newBlob());
      await reaches(
        'registry_notifications_events_total',
        { type: 'Errors', endpoint },
        (value) => value >= 1,
      );
      await reaches(...pending, moreThan(before.value(...pending)));
      await reaches(...lag, moreThan(before.value(...lag)));
      await reaches(...oldest, (value) => value > 0.05);
      const age = (await page()).value(...oldest) ?? 0;
      await reaches(...oldest, (value) => value > age);
      await receivers.down.up();
      for (const [name, labels] of [pending, lag, oldest])
        await reaches(name, labels, (value) => value === 0);
      await reaches('herald_notifications_breaker_open', { endpoint }, (value) => value === 0);
    });

    it('its dead letters', async () => {
      const letters = ['herald_notifications_dead_letters', { endpoint: 'picky' }] as const;
      expect((await page()).value(...letters)).toBe(0);
      await client('team/poison').pushBlob(newBlob());
      await vi.waitFor(
        async () => {
          // That others are taken is what convicts the one that is not.
          await client().pushBlob(newBlob());
          expect((await page()).value(...letters)).toBe(1);
        },
        { timeout: 30_000, interval: 50 },
      );
    });

    it('that it retired', async () => {
      await client().pushBlob(newBlob());
      await reaches('herald_notifications_retired', { endpoint: 'gone' }, (value) => value === 1);
      expect((await page()).value('herald_notifications_retired', { endpoint: 'healthy' })).toBe(0);
    });
  });

  describe('counts requests by upstream’s names:', () => {
    it.each([
      ['base', 'get', '200', () => fetch(`${registry.url}/v2/`)],
      ['tags', 'get', '200', () => client().request('tags/list')],
      ['manifest', 'get', '404', () => client().request('manifests/unknown')],
      ['blob', 'head', '404', () => client().request(`blobs/${newBlob().digest}`, { method: 'HEAD' })],
      ['blob_upload', 'post', '202', () => client().request('blobs/uploads/', { method: 'POST' })],
    ] as const)('%s', async (handler, method, code, send) => {
      await client().pushImage(image('tagged', 1), 'latest');
      const before = await page();
      await send();
      const total = ['registry_http_requests_total', { handler, method, code }] as const;
      const duration = ['registry_http_request_duration_seconds_count', { handler, method }] as const;
      const size = ['registry_http_response_size_bytes_count', { handler }] as const;
      for (const [name, labels] of [total, duration, size]) {
        await reaches(name, labels, moreThan(before.value(name, labels)));
      }
    });

    it('what is in flight, and how much was sent', async () => {
      const handler = 'blob_upload_chunk';
      const inFlight = ['registry_http_in_flight_requests', { handler }] as const;
      const received = ['registry_http_request_size_bytes_sum', { handler }] as const;
      const sent = ['registry_http_response_size_bytes_sum', { handler: 'manifest' }] as const;
      const session = await expectStatus(202, client().request('blobs/uploads/', { method: 'POST' }));
      const body = new Readable({ read: () => undefined });
      body.push('half');
      const upload = client().at(session.headers.get('location'), {
        method: 'PATCH',
        body: Readable.toWeb(body) as ReadableStream,
        duplex: 'half',
      });
      await reaches(...inFlight, (value) => value === 1);
      body.push(null);
      await upload;
      await reaches(...inFlight, (value) => value === 0);
      const before = await page();
      const { manifest, blobs } = image('measured', 1);
      for (const blob of blobs) await client().pushBlob(blob);
      await reaches(...received, moreThan(before.value(...received), 20));
      await client().pushManifest(manifest, 'measured');
      await client().request('manifests/measured');
      await reaches(...sent, moreThan(before.value(...sent), manifest.bytes.length));
    });
  });

  it('shows the process’ own figures', async () => {
    const first = await page();
    expect(first.value('process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
    expect(first.value('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0);
    const cpu = first.value('process_cpu_seconds_total') ?? 0;
    await client().pushBlob(newBlob());
    await reaches('process_cpu_seconds_total', {}, (value) => value > cpu);
  });

  it('has no figure that the page on operations does not tell', async () => {
    const manual = await readFile('docs/operations.md', 'utf8');
    const ours = (await page()).text.matchAll(/^# TYPE (herald_\S+)/gm);
    const names = Array.from(ours, ([, name = '']) => name);
    // The table leaves away what all of its names begin with.
    const untold = names.filter(
      (name) => !manual.includes(`\`${name.replace(/^herald_notifications_/, '')}\``),
    );
    expect(names.length).toBeGreaterThan(20);
    expect(untold).toEqual([]);
  });

  it('has upstream’s /debug/vars, without a secret', async () => {
    await client().pushBlob(newBlob());
    const answer = await expectStatus(200, fetch(`${debug}/debug/vars`));
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const { registry: vars, memstats } = (await answer.json()) as {
      registry: { notifications: { endpoints: Record<string, unknown>[] } };
      memstats: Record<string, number>;
    };
    expect(memstats['Alloc']).toBeGreaterThan(1_000_000);
    expect(vars.notifications.endpoints.map(({ name }) => name)).toEqual(Object.keys(receivers));
    expect(vars.notifications.endpoints[0]).toEqual({
      name: 'healthy',
      url: new URL(receivers.healthy.url).origin,
      Headers: { Authorization: ['[redacted]'], 'X-Multi': ['[redacted]', '[redacted]'] },
      Timeout: 1_500_000_000,
      Threshold: 2,
      Backoff: 20_000_000,
      IgnoredMediaTypes: null,
      Ignore: { MediaTypes: ['application/x-ignored'], Actions: ['mount'] },
      Metrics: {
        Pending: expect.any(Number) as number,
        Events: expect.any(Number) as number,
        Successes: expect.any(Number) as number,
        Failures: 0,
        Errors: 0,
        Statuses: { '200 OK': expect.any(Number) as number },
      },
    });
    expect(vars.notifications.endpoints[2]).toMatchObject({
      Headers: null,
      Ignore: { MediaTypes: null, Actions: null },
    });
  });
});

describe('the debug address', () => {
  let registry: RegistryProcess;

  afterEach(() => registry.dispose());

  async function start(prometheus: Readonly<Record<string, unknown>>): Promise<string> {
    const addr = `127.0.0.1:${await freePort()}`;
    registry = await new RegistryProcess({ http: { debug: { addr, prometheus } } }).start();
    return `http://${addr}`;
  }

  it('serves nothing that the registry’s address serves, and the other way round', async () => {
    const debug = await start({ enabled: true });
    await expectStatus(404, fetch(`${debug}/v2/`));
    await expectStatus(404, fetch(`${debug}/health`));
    await expectStatus(404, fetch(`${registry.url}/metrics`));
    await expectStatus(404, fetch(`${registry.url}/debug/vars`));
  });

  it('serves metrics where the configuration says', async () => {
    const debug = await start({ enabled: true, path: '/internal/figures/' });
    await expectStatus(200, fetch(`${debug}/internal/figures`));
    await expectStatus(404, fetch(`${debug}/metrics`));
    await expectStatus(404, fetch(`${registry.url}/internal/figures`));
  });

  it('serves no metrics when they are switched off, and no endpoints where there are none', async () => {
    const debug = await start({ enabled: false });
    await expectStatus(404, fetch(`${debug}/metrics`));
    const answer = await expectStatus(200, fetch(`${debug}/debug/vars`));
    expect(await answer.json()).toMatchObject({ registry: { notifications: { endpoints: null } } });
  });
});
