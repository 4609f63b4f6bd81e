import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Receiver } from '../../test/receiver.js';
import { SystemClock } from '../delivery/clock.js';
import type { AddressOptions, WebhookOptions } from '../notifications.options.js';
import { endpointSettings } from '../sinks/endpoint-settings.js';
import { HostResolver, type ResolvedAddress } from './addresses/host-resolver.js';
import { type EndpointClient, EndpointClients } from './endpoint-client.js';
import { deliveryHttp } from './delivery-http.js';

const ENCODED = { contentType: 'application/json', headers: {}, body: '{}' };
const NUMBERING = { log: 'the-log', eventIds: ['the-event'], sequences: [1] };
const REFUSED = { kind: 'unanswered', fault: 'address', sent: false, stale: false };

/** Names whose addresses a test changes as it likes. */
class NamesOfTest extends HostResolver {
  asked = 0;
  addresses: readonly string[] = [];

  override async resolve(): Promise<readonly ResolvedAddress[]> {
    this.asked += 1;
    return this.addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  }
}

describe('an endpoint’s addresses', () => {
  let receiver: Receiver;
  let names: NamesOfTest;
  const clients: EndpointClient[] = [];

  const client = (options: Partial<WebhookOptions>, forAll?: AddressOptions) => {
    const settings = endpointSettings(
      { name: 'a', url: receiver.url, timeoutMs: 5_000, ...options },
      'Herald/test',
      forAll,
    );
    const made = new EndpointClients(deliveryHttp(), new SystemClock(), names).create(settings);
    clients.push(made);
    return made;
  };
  const named = () => receiver.url.replace('127.0.0.1', 'hook.example');

  beforeEach(async () => {
    receiver = await Receiver.start();
    names = new NamesOfTest();
  });

  afterEach(async () => {
    for (const each of clients.splice(0)) each.close();
    await receiver.stop();
  });

  it('are refused when they are written in the URL, for one endpoint or for all', async () => {
    const addresses = { deny: ['loopback'] };
    await expect(client({ addresses }).post(ENCODED, NUMBERING)).resolves.toEqual(REFUSED);
    const one = client({}, addresses);
    for (let n = 0; n < 3; n += 1) await expect(one.post(ENCODED, NUMBERING)).resolves.toEqual(REFUSED);
    expect(receiver.connections).toBe(0);
    expect(names.asked).toBe(0);
  });

  it.each([
    'http://169.254.169.254/latest',
    'http://[::ffff:169.254.169.254]/',
    'http://2852039166/',
    'https://[fe80::1]/',
  ])('are refused in each of their spellings: %s', async (url) => {
    await expect(client({ url }).post(ENCODED, NUMBERING)).resolves.toEqual(REFUSED);
  });

  it('of a name are all checked, and only those that are allowed are tried', async () => {
    let refusedConnections = 0;
    const refused = createServer((socket) => {
      refusedConnections += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => refused.listen(receiver.port, '127.0.0.2', resolve));
    names.addresses = ['127.0.0.2', '127.0.0.1'];
    const one = client({ url: named(), addresses: { deny: ['127.0.0.2'] } });
    await expect(one.post(ENCODED, NUMBERING)).resolves.toMatchObject({ status: 200 });
    await new Promise((resolve) => refused.close(resolve));
    expect(refusedConnections).toBe(0);
    expect(receiver.requests).toHaveLength(1);
    expect(receiver.headers('host')).toEqual([`hook.example:${receiver.port}`]);
  });

  it('of a name are refused when none of them is allowed', async () => {
    names.addresses = ['169.254.169.254', 'fe80::1'];
    await expect(client({ url: named() }).post(ENCODED, NUMBERING)).resolves.toEqual(REFUSED);
    await expect(
      client({ url: named().replace('http:', 'https:') }).post(ENCODED, NUMBERING),
    ).resolves.toEqual(REFUSED);
  });

  it('are checked again whenever a connection is made, and asked for once each time', async () => {
    const one = client({ url: named(), addresses: { deny: ['127.0.0.2'] } });
    names.addresses = ['127.0.0.1'];
    await expect(one.post(ENCODED, NUMBERING)).resolves.toMatchObject({ status: 200 });
    await expect(one.post(ENCODED, NUMBERING)).resolves.toMatchObject({ status: 200 });
    expect(names.asked).toBe(1);
    receiver.behaviour = (_request, response) => response.writeHead(200, { Connection: 'close' }).end();
    await one.post(ENCODED, NUMBERING);
    names.addresses = ['127.0.0.2'];
    await expect(one.post(ENCODED, NUMBERING)).resolves.toEqual(REFUSED);
    expect(names.asked).toBe(2);
  });
});
