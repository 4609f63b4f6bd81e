import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/manual-clock.js';
import { TEST_AUTHORITY, TEST_CERTIFICATE, TEST_CLIENTS } from '../../test/test-certificate.js';
import type { EndpointTlsOptions } from '../notifications.options.js';
import { endpointSettings } from '../sinks/endpoint-settings.js';
import { SystemHostResolver } from './addresses/host-resolver.js';
import { EndpointClient } from './endpoint-client.js';
import { TlsFiles } from './tls-files.js';
import { readTlsMaterial, type TlsFault } from './tls-material.js';
import { deliveryHttp } from './delivery-http.js';

const ENCODED = { contentType: 'application/json', headers: {}, body: '{}' };
const NUMBERING = { log: 'the-log', eventIds: ['the-event'], sequences: [1] };
const { cert, key } = TEST_CERTIFICATE;

describe('an endpoint over TLS', () => {
  let directory: string;
  let server: Server;
  let url: string;
  const clients: EndpointClient[] = [];
  /** Whom each request came from, by the name in its certificate, and over which connection. */
  const seen: {
    readonly name: string;
    readonly version: string | null;
    readonly sni: unknown;
    readonly socket: object;
  }[] = [];

  const path = (name: string) => join(directory, name);
  const { first, second } = TEST_CLIENTS;

  const client = (
    tls: EndpointTlsOptions,
    clock = new ManualClock(),
    announce: (faults: readonly TlsFault[]) => void = () => undefined,
  ) => {
    const settings = endpointSettings({ name: 'a', url, timeoutMs: 5_000, tls }, 'Herald/test');
    const tools = { http: deliveryHttp(), clock, resolver: new SystemHostResolver() };
    const made = new EndpointClient(tools, settings, new TlsFiles(tls, clock, announce));
    clients.push(made);
    return made;
  };

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'herald-tls-'));
    writeFileSync(path('first.key'), first.key);
    server = createServer(
      { cert, key, requestCert: true, rejectUnauthorized: false },
      (request, response) => {
        const socket = request.socket as TLSSocket & { readonly servername?: unknown };
        const subject = socket.getPeerCertificate().subject as { readonly CN?: string } | undefined;
        seen.push({ name: subject?.CN ?? '', version: socket.getProtocol(), sni: socket.servername, socket });
        response.end();
      },
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  });

  afterEach(() => {
    for (const each of clients.splice(0)) each.close();
    seen.length = 0;
  });

  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(directory, { recursive: true, force: true });
  });

  it('is shown the certificate that is configured', async () => {
    const one = client({ ca: TEST_AUTHORITY, cert: first.cert, key: { file: path('first.key') } });
    await expect(one.post(ENCODED, NUMBERING)).resolves.toMatchObject({ status: 200 });
    expect(seen).toMatchObject([{ name: 'first', version: 'TLSv1.3' }]);
  });

  it('must have the name that is configured', async () => {
    const named = (serverName: string) => client({ ca: TEST_AUTHORITY, serverName }).post(ENCODED, NUMBERING);
    await expect(named('localhost')).resolves.toMatchObject({ status: 200 });
    expect(seen).toMatchObject([{ sni: 'localhost' }]);
    await expect(named('other.example')).resolves.toEqual({
      kind: 'unanswered',
      fault: 'tls',
      sent: false,
      stale: false,
    });
    expect(seen).toHaveLength(1);
  });

  it('must speak a version that is new enough', async () => {
    server.setSecureContext({ cert, key, maxVersion: 'TLSv1.2' });
    const least = (minVersion: 'TLSv1.2' | 'TLSv1.3') =>
      client({ ca: TEST_AUTHORITY, minVersion }).post(ENCODED, NUMBERING);
    await expect(least('TLSv1.2')).resolves.toMatchObject({ status: 200 });
    await expect(least('TLSv1.3')).resolves.toMatchObject({ fault: 'tls', sent: false });
    server.setSecureContext({ cert, key });
  });

  it('is shown a replaced certificate over new connections, within 10 s, and not before the key fits', async () => {
    const clock = new ManualClock();
    const faults: (readonly TlsFault[])[] = [];
    writeFileSync(path('current.crt'), first.cert);
    writeFileSync(path('current.key'), first.key);
    const one = client(
      { ca: TEST_AUTHORITY, cert: { file: path('current.crt') }, key: { file: path('current.key') } },
      clock,
      (each) => faults.push(each),
    );
    const post = async () => {
      await one.post(ENCODED, NUMBERING);
      return seen.at(-1)?.name;
    };
    expect([await post(), await post()]).toEqual(['first', 'first']);
    writeFileSync(path('current.crt'), `${second.cert}\n`);
    clock.advance(9_999);
    expect(await post()).toBe('first');
    expect(faults).toEqual([]);
    clock.advance(1);
    expect(await post()).toBe('first');
    clock.advance(10_000);
    expect(await post()).toBe('first');
    // Once, although it was looked at twice.
    expect(faults).toEqual([[{ setting: 'key', reason: 'must be the key of the certificate in cert' }]]);
    expect(new Set(seen.map(({ socket }) => socket)).size).toBe(1);
    writeFileSync(path('current.key'), `${second.key}\n`);
    clock.advance(10_000);
    expect([await post(), await post()]).toEqual(['second', 'second']);
    expect(new Set(seen.map(({ socket }) => socket)).size).toBe(2);
  });

  it('is sent nothing while its certificates were never there', async () => {
    const one = client({ ca: { file: path('missing.crt') } });
    await expect(one.post(ENCODED, NUMBERING)).resolves.toEqual({
      kind: 'unanswered',
      fault: 'tls',
      sent: false,
      stale: false,
    });
    expect(seen).toEqual([]);
  });

  it.each<[string, EndpointTlsOptions, string, RegExp]>([
    ['an authority that is none', { ca: 's3cret' }, 'ca', /certificate/],
    ['a certificate without a key', { cert }, 'key', /with/],
    ['a key without a certificate', { key }, 'key', /with/],
    ['a key that is none', { cert, key: 's3cret' }, 'key', /private key/],
    ['a file that is not there', { cert: { file: '/nonexistent/s3cret' }, key }, 'cert', /ENOENT/],
  ])('is refused with %s, without what it holds', (_name, tls, setting, reason) => {
    const reading = readTlsMaterial(tls, (file) => readFileSync(file, 'utf8'));
    const [fault] = reading.ok ? [] : reading.faults;
    expect(fault).toMatchObject({ setting, reason: expect.stringMatching(reason) as string });
    expect(fault?.reason).not.toContain('s3cret');
  });
});
