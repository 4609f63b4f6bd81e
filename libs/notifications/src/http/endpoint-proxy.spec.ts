import { createServer, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { useClients } from '../../test/endpoint-client-bench.js';
import { ProxyServer } from '../../test/proxy.js';
import { accept, answer, Receiver } from '../../test/receiver.js';
import { TEST_AUTHORITY, TEST_CERTIFICATE } from '../../test/test-certificate.js';
import { HostResolver } from './addresses/host-resolver.js';
import type { ProxyFault } from './proxy/proxy.error.js';

const ENCODED = { contentType: 'application/json', headers: {}, body: '{"events":[]}' };
const NUMBERING = { log: 'the-log', eventIds: ['the-event'], sequences: [1] };
const CREDENTIALS = 'us%40er:pr0xy-pass';
const AUTHORIZATION = `Basic ${Buffer.from('us@er:pr0xy-pass').toString('base64')}`;

const failed = (proxy: ProxyFault) => ({
  kind: 'unanswered',
  fault: 'proxy',
  proxy,
  sent: false,
  stale: false,
});

/** A name that only the proxy knows. */
class NoNames extends HostResolver {
  override resolve(): Promise<never> {
    return Promise.reject(Object.assign(new Error('no such host'), { code: 'ENOTFOUND' }));
  }
}

describe('an endpoint behind a proxy', () => {
  const bench = useClients();
  let proxy: ProxyServer;
  let secure: Receiver;
  const secureUrl = () => secure.url.replace('http:', 'https:');
  const withCredentials = () => proxy.url.replace('http://', `http://${CREDENTIALS}@`);
  const tls = { ca: TEST_AUTHORITY };

  beforeEach(async () => {
    proxy = await ProxyServer.start();
    secure = await Receiver.start(accept, { tls: TEST_CERTIFICATE });
  });

  afterEach(async () => {
    await secure.stop();
    await proxy.stop();
  });

  it('of http gets its requests forwarded, and sees none of what the proxy is told', async () => {
    const one = bench.client({ proxy: withCredentials(), headers: { 'Proxy-Authorization': ['mine'] } });
    for (let n = 0; n < 3; n += 1)
      await expect(one.post(ENCODED, NUMBERING)).resolves.toMatchObject({ status: 200 });
    const { receiver } = bench;
    expect(proxy.requests.map(({ line }) => line)).toEqual(Array(3).fill(`POST ${receiver.url}`));
    expect(proxy.requests[0]?.headers['proxy-authorization']).toBe(AUTHORIZATION);
    expect(receiver.headers('host')).toEqual(Array(3).fill(`127.0.0.1:${receiver.port}`));
    expect(receiver.headers('proxy-authorization')).toEqual(Array(3).fill('undefined'));
  });

  it('of https is reached through a tunnel, of which the proxy knows host and port alone', async () => {
    const one = bench.client({ url: secureUrl(), tls, proxy: withCredentials() });
    for (let n = 0; n < 3; n += 1)
      await expect(one.post(ENCODED, NUMBERING)).resolves.toMatchObject({ status: 200 });
    expect(proxy.requests).toHaveLength(1);
    expect(proxy.requests[0]).toMatchObject({
      line: `CONNECT 127.0.0.1:${secure.port}`,
      headers: { 'proxy-authorization': AUTHORIZATION, host: `127.0.0.1:${secure.port}` },
    });
    expect(secure.requests).toHaveLength(3);
    expect(secure.requests[0]?.headers['proxy-authorization']).toBeUndefined();
    expect(secure.connections).toBe(1);
  });

  it('has its certificate checked through the tunnel: that of another name or authority is its own fault', async () => {
    const fault = { kind: 'unanswered', fault: 'tls', sent: false, stale: false };
    const options = { url: secureUrl(), proxy: proxy.url };
    await expect(bench.client(options).post(ENCODED, NUMBERING)).resolves.toEqual(fault);
    const url = secureUrl().replace('127.0.0.1', 'hook.example');
    await expect(
      bench.client({ ...options, url, tls }, new NoNames()).post(ENCODED, NUMBERING),
    ).resolves.toEqual(fault);
    expect(secure.requests).toEqual([]);
  });

  it('is looked up by the proxy', async () => {
    const url = secureUrl().replace('127.0.0.1', 'hook.example');
    const one = bench.client(
      { url, tls: { ...tls, serverName: 'localhost' }, proxy: proxy.url },
      new NoNames(),
    );
    await expect(one.post(ENCODED, NUMBERING)).resolves.toMatchObject({ status: 200 });
  });

  it.each([
    [407, 'authentication'],
    [403, 'refused'],
    [502, 'gateway'],
    [504, 'gateway'],
  ] as const)(
    'has no part in it when the proxy answers %i to the wish for a tunnel',
    async (status, fault) => {
      proxy.manner = status;
      const one = bench.client({ url: secureUrl(), tls, proxy: withCredentials() });
      await expect(one.post(ENCODED, NUMBERING)).resolves.toEqual(failed(fault));
      expect(secure.connections).toBe(0);
      proxy.manner = 'open';
      await expect(one.post(ENCODED, NUMBERING)).resolves.toMatchObject({ status: 200 });
    },
  );

  it('has no part in it when the proxy wants credentials before it forwards', async () => {
    proxy.manner = 407;
    await expect(bench.client({ proxy: proxy.url }).post(ENCODED, NUMBERING)).resolves.toEqual(
      failed('authentication'),
    );
  });

  it.each(['http:', 'https:'])('has no part in it when the proxy cannot be reached: %s', async (protocol) => {
    const url = bench.receiver.url.replace('http:', protocol);
    const gone = proxy.url;
    await proxy.stop();
    const refused = bench.client({ url, proxy: gone });
    await expect(refused.post(ENCODED, NUMBERING)).resolves.toEqual(failed('connect'));
    const nowhere = bench.client({ url, proxy: 'http://proxy.invalid:3128' }, new NoNames());
    await expect(nowhere.post(ENCODED, NUMBERING)).resolves.toEqual(failed('dns'));
    const denied = bench.client({ url, proxy: gone, addresses: { deny: ['loopback'] } });
    await expect(denied.post(ENCODED, NUMBERING)).resolves.toEqual(failed('address'));
    const plain = bench.client({ url, proxy: `https://127.0.0.1:${secure.port}` });
    await expect(plain.post(ENCODED, NUMBERING)).resolves.toEqual(failed('tls'));
    proxy = await ProxyServer.start();
  });

  it('has no part in it when the proxy does not open the tunnel in time', async () => {
    proxy.manner = 'silent';
    const one = bench.client({
      url: secureUrl(),
      tls,
      proxy: proxy.url,
      timeoutMs: 60_000,
      timeouts: { connectMs: 50 },
    });
    await expect(one.post(ENCODED, NUMBERING)).resolves.toEqual(failed('timeout'));
    const brief = bench.client({ url: secureUrl(), tls, proxy: proxy.url, timeoutMs: 50 });
    await expect(brief.post(ENCODED, NUMBERING)).resolves.toEqual(failed('timeout'));
  });

  it('has no part in it when the proxy speaks something else than HTTP', async () => {
    const other = createServer((socket) => socket.once('data', () => socket.end('SSH-2.0\r\n\r\n')));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const one = bench.client({ url: secureUrl(), tls, proxy: `http://127.0.0.1:${port}` });
    await expect(one.post(ENCODED, NUMBERING)).resolves.toEqual(failed('connect'));
    other.close();
  });

  it('is told apart from the proxy by its own answers and timeouts', async () => {
    secure.behaviour = answer(503);
    const one = bench.client({ url: secureUrl(), tls, proxy: proxy.url, timeouts: { firstByteMs: 50 } });
    await expect(one.post(ENCODED, NUMBERING)).resolves.toMatchObject({ kind: 'answered', status: 503 });
    secure.behaviour = () => undefined;
    await expect(one.post(ENCODED, NUMBERING)).resolves.toMatchObject({ fault: 'first-byte-timeout' });
  });

  it('may have addresses that it could not be reached at directly: the proxy’s are checked', async () => {
    const url = secureUrl().replace('127.0.0.1', '127.0.0.2');
    const options = { url, tls: { ...tls, serverName: 'localhost' }, addresses: { deny: ['127.0.0.2'] } };
    await expect(bench.client(options).post(ENCODED, NUMBERING)).resolves.toMatchObject({ fault: 'address' });
    await bench.client({ ...options, proxy: proxy.url }).post(ENCODED, NUMBERING);
    expect(proxy.requests.map(({ line }) => line)).toEqual([`CONNECT 127.0.0.2:${secure.port}`]);
  });

  it('does not give the proxy’s credentials back in what it keeps of an answer', async () => {
    bench.receiver.behaviour = answer(400, {}, `you came by ${AUTHORIZATION} and ${AUTHORIZATION.slice(6)}`);
    const result = await bench.client({ proxy: withCredentials() }).post(ENCODED, NUMBERING);
    expect(result).toMatchObject({ text: 'you came by [redacted] and [redacted]' });
  });
});
