import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { content, OCI_LAYER } from '../support/image.js';
import { Receiver } from '../support/receiver.js';
import { RegistryClient } from '../support/registry-client.js';
import { RegistryProcess, type RegistrySettings } from '../support/registry-process.js';

const BLOB = content(OCI_LAYER, 'a blob');

/** What the captures do not show of the modes: how events are sent, and what of a request is believed. */
describe.each(['herald', 'distribution'] as const)('notifications.compatibility: %s', (compatibility) => {
  const asUpstream = compatibility === 'distribution';
  let receiver: Receiver | undefined;
  let registry: RegistryProcess | undefined;

  beforeEach(() => {
    receiver = undefined;
    registry = undefined;
  });

  afterEach(async () => {
    await registry?.dispose();
    await receiver?.down();
  });

  async function start(
    answer: ConstructorParameters<typeof Receiver>[0],
    endpoint: Readonly<Record<string, unknown>>,
    settings: RegistrySettings = {},
  ): Promise<{ url: string; receiver: Receiver }> {
    receiver = await new Receiver(answer).up();
    registry = await new RegistryProcess({
      endpoints: [{ name: 'ci', url: receiver.url, ...endpoint }],
      notifications: { compatibility },
      ...settings,
    }).start();
    return { url: registry.url, receiver };
  }

  it(`takes a redirect for ${asUpstream ? 'an answer' : 'a failure'}, and follows it never`, async () => {
    const visited: string[] = [];
    const server = await redirecting(visited);
    const { port } = server.address() as AddressInfo;
    const { url } = await start(() => 200, { url: `http://127.0.0.1:${port}/hook`, backoff: '20ms' });
    await new RegistryClient(url, 'team/app').pushBlob(BLOB);
    const statuses = async () => {
      const health = (await (await fetch(`${url}/health`)).json()) as Health;
      return health.details.notifications.endpoints['ci'];
    };
    await expect
      .poll(statuses, { timeout: 10_000 })
      .toMatchObject(
        asUpstream
          ? { Pending: 0, Successes: 1, Failures: 0, Statuses: { '307 Temporary Redirect': 1 } }
          : { Pending: 1, Successes: 0, lastError: 'status' },
      );
    expect(new Set(visited)).toEqual(new Set(['/hook']));
    server.closeAllConnections();
    server.close();
  });

  it(`${asUpstream ? 'lets' : 'does not let'} an event wait for one of another repository`, async () => {
    const arrived: string[] = [];
    const times = (repository: string) => arrived.filter((each) => each === repository).length;
    // The first is refused some times, or until the second has arrived.
    const refuses = () => (asUpstream ? times('team/first') < 4 : times('team/second') === 0);
    const { url, receiver: at } = await start(
      ({ events }) => {
        const repositories = events.map(({ target }) => target.repository);
        arrived.push(...repositories);
        return repositories.includes('team/first') && refuses() ? 500 : 200;
      },
      { threshold: 100, backoff: '50ms' },
    );
    await new RegistryClient(url, 'team/first').pushBlob(BLOB);
    await at.until((events) => events.length > 0);
    await new RegistryClient(url, 'team/second').pushBlob(BLOB);
    await at.until(() => times('team/second') === 1 && !refuses());
    if (asUpstream)
      expect(arrived).toEqual([...Array.from({ length: 4 }, () => 'team/first'), 'team/second']);
  });

  if (asUpstream) {
    it('tries threshold times at once, and then once every backoff', async () => {
      const backoffMs = 500;
      const times: number[] = [];
      const { url, receiver: at } = await start(
        () => {
          times.push(performance.now());
          return 503;
        },
        { threshold: 3, backoff: `${backoffMs}ms` },
      );
      await new RegistryClient(url, 'team/app').pushBlob(BLOB);
      await at.until((events) => events.length >= 6);
      const gaps = times.slice(1, 6).map((time, index) => time - (times[index] ?? 0));
      expect(gaps.map((gap) => gap >= backoffMs * 0.9)).toEqual([false, false, true, true, true]);
    });
  }

  it(`${asUpstream ? 'believes' : 'does not believe'} what anybody forwards, and a name nobody checked`, async () => {
    const { url, receiver: at } = await start(() => 200, {}, { http: { trustedproxies: ['192.0.2.0/24'] } });
    const client = new RegistryClient(url, 'team/app');
    await client.pushBlob(BLOB);
    await client.request(`blobs/${BLOB.digest}`, {
      headers: {
        Authorization: `Basic ${Buffer.from('mallory:x').toString('base64')}`,
        'X-Forwarded-For': '203.0.113.9, 10.0.0.1',
        'X-Forwarded-Proto': 'https',
        'X-Forwarded-Host': 'registry.example',
      },
    });
    await at.until((events) => events.length === 2);
    const pull = at.events[1];
    const base = asUpstream ? 'https://registry.example' : url;
    expect(pull?.target.url).toBe(`${base}/v2/team/app/blobs/${BLOB.digest}`);
    expect(pull?.actor).toEqual(asUpstream ? { name: 'mallory' } : {});
    expect(pull?.request.addr).toMatch(asUpstream ? /^203\.0\.113\.9$/ : /^127\.0\.0\.1:\d+$/);
  });

  it(`tells a ${asUpstream ? 'path without prefix and host' : 'whole URL'} where URLs are relative`, async () => {
    const { url, receiver: at } = await start(
      () => 200,
      {},
      { http: { relativeurls: true, prefix: '/pre/' } },
    );
    const client = new RegistryClient(`${url}/pre`, 'team/app');
    const answer = await client.request(`blobs/uploads/?digest=${BLOB.digest}`, {
      method: 'POST',
      body: new Uint8Array(BLOB.bytes),
    });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(`/pre/v2/team/app/blobs/${BLOB.digest}`);
    await at.until((events) => events.length === 1);
    const path = `/v2/team/app/blobs/${BLOB.digest}`;
    expect(at.events[0]?.target.url).toBe(asUpstream ? path : `${url}/pre${path}`);
  });
});

interface Health {
  readonly details: { readonly notifications: { readonly endpoints: Readonly<Record<string, object>> } };
}

/** A receiver that sends everybody elsewhere, and notes where they came. */
async function redirecting(visited: string[]): Promise<Server> {
  const server = createServer((request, response) => {
    visited.push(request.url ?? '');
    request.resume();
    response.writeHead(307, { Location: '/elsewhere' }).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
