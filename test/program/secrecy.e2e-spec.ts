import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { image } from '../support/image.js';
import { RegistryClient } from '../support/registry-client.js';
import { freePort, RegistryProcess, type EndpointYaml } from '../support/registry-process.js';

/** Everything that must be seen nowhere but on the wire. Each is told apart, so that a failure says which one leaked. */
const SECRETS = {
  header: 'header-5d41402abc4b',
  otherHeader: 'header-2-7d793037a076',
  fileHeader: 'file-9f86d081884c',
  environmentHeader: 'environment-60303ae22b99',
  userName: 'user-e3b0c44298fc',
  password: 'password-1c149afbf4c8',
  path: 'path-996fb92427ae',
  query: 'query-41e4649b934c',
  httpSecret: 'state-a495991b7852',
  clientPassword: 'client-b855ca495991',
  clientQuery: 'client-query-78527b78',
} as const;

const ENVIRONMENT_VARIABLE = 'HERALD_TEST_ENDPOINT_TOKEN';

/** Receivers that do what would bring secrets into a log, if anything did. */
const HOSTILE: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => void>> = {
  /** Fails, and tells all it was sent. */
  echo500: (request, response) => echo(request, response, 500),
  echo400: (request, response) => echo(request, response, 400),
  redirect: ({ url, headers }, response) => {
    response.writeHead(302, { Location: `http://127.0.0.1:9${url}&token=${headers.authorization}` }).end();
  },
  retire: (request, response) => echo(request, response, 410),
  /** Answers nothing that HTTP knows. */
  garbage: ({ socket, headers }) => void socket.end(`${headers.authorization}\r\n\r\n`),
  hang: () => undefined,
  healthy: (request, response) => echo(request, response, 200),
};

function echo({ url, rawHeaders }: IncomingMessage, response: ServerResponse, status: number): void {
  response.writeHead(
    status,
    rawHeaders
      .join(' ')
      .replaceAll(/[^ -~]/g, '')
      .slice(0, 200),
  );
  response.end(`${url} ${rawHeaders.join(' ')}`);
}

describe.each(['text', 'json', 'logstash'] as const)(
  'no secret is shown by a registry that logs %s:',
  (formatter) => {
    const servers: Server[] = [];
    let registry: RegistryProcess;
    let debug: string;

    beforeAll(async () => {
      process.env[ENVIRONMENT_VARIABLE] = `Bearer ${SECRETS.environmentHeader}`;
      debug = `http://127.0.0.1:${await freePort()}`;
      const endpoints: EndpointYaml[] = [];
      registry = new RegistryProcess({
        endpoints,
        http: {
          secret: SECRETS.httpSecret,
          debug: { addr: new URL(debug).host, prometheus: { enabled: true } },
        },
        log: { level: 'debug', formatter },
      });
      const file = join(registry.directory, 'token');
      mkdirSync(registry.directory, { recursive: true });
      writeFileSync(file, `${SECRETS.fileHeader}\n`);
      for (const [name, listener] of Object.entries(HOSTILE)) {
        endpoints.push(endpoint(name, await listen(servers, listener), file));
      }
      endpoints.push(endpoint('refused', await freePort(), file));
      endpoints.push({ ...endpoint('unknown-host', 80, file), url: secretUrl('receiver.invalid') });
      await registry.start();
      await provoke(registry.url, endpoints.length);
    });

    afterAll(async () => {
      delete process.env[ENVIRONMENT_VARIABLE];
      await registry.dispose();
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
    });

    it('not while endpoints refuse, redirect, echo, hang, or are not there: on no page', async () => {
      for (const url of [
        `${registry.url}/health`,
        `${registry.url}/readyz`,
        `${debug}/metrics`,
        `${debug}/debug/vars`,
      ]) {
        const answer = await fetch(url);
        const page = `${JSON.stringify([...answer.headers])} ${await answer.text()}`;
        expect(answer.status).toBe(200);
        expect(page.length).toBeGreaterThan(100);
        expectNoSecret(page);
      }
    });

    it('in no error that a client gets', async () => {
      const client = new RegistryClient(registry.url, 'team/app');
      const requests = [
        client.request('manifests/nothing?token=x'),
        client.request('blobs/sha256:0'),
        client.request('blobs/uploads/none?_state=forged', { method: 'PATCH', body: 'x' }),
        client.request('manifests/bad', { method: 'PUT', body: '{}' }),
        fetch(`${registry.url}/nowhere`),
        fetch(`${registry.url}/debug/vars`),
      ];
      for (const answer of await Promise.all(requests)) {
        expect(answer.status).toBeGreaterThanOrEqual(400);
        expectNoSecret(await answer.text());
      }
    });

    it('in no line of the log, from the start to the end', async () => {
      await expect(registry.stop()).resolves.toBe(0);
      for (const name of ['echo500', 'refused', 'retire'])
        expect(registry.output).toContain(`endpoint ${name} `);
      expect(registry.output).toContain('/v2/team/app/manifests/latest');
      expectNoSecret(registry.output);
      if (formatter === 'text') return;
      for (const line of registry.output.trim().split('\n'))
        expect(JSON.parse(line)).toMatchObject({ level: expect.any(String) as string });
    });
  },
);

describe('no secret is shown by', () => {
  let registry: RegistryProcess;

  afterEach(() => registry.dispose());

  it('check, of a good configuration and of a bad one', async () => {
    process.env[ENVIRONMENT_VARIABLE] = `Bearer ${SECRETS.environmentHeader}`;
    const endpoints: EndpointYaml[] = [];
    registry = new RegistryProcess({ endpoints, http: { secret: SECRETS.httpSecret } });
    const file = join(registry.directory, 'token');
    writeFileSync(file, SECRETS.fileHeader);
    endpoints.push(endpoint('good', 80, file));
    registry.writeConfig();
    expect(await check(registry)).toBe(0);
    expect(registry.output).toContain('[redacted]');

    endpoints.push({
      ...endpoint('bad', 80, file),
      url: `ftp://${SECRETS.userName}:${SECRETS.password}@host/`,
    });
    endpoints.push({
      name: 'worse',
      url: secretUrl('host'),
      headers: { Authorization: `${SECRETS.header}\n` },
    });
    registry.writeConfig();
    expect(await check(registry)).toBe(3);
    expect(registry.output).toContain('notifications.endpoints[1].url');
    delete process.env[ENVIRONMENT_VARIABLE];
    expectNoSecret(registry.output);
  });
});

function endpoint(name: string, port: number, file: string): EndpointYaml {
  return {
    name,
    url: secretUrl(`127.0.0.1:${port}`),
    headers: {
      Authorization: [`Bearer ${SECRETS.header}`],
      'X-Keys': [SECRETS.otherHeader, `file:${file}`, `env:${ENVIRONMENT_VARIABLE}`],
    },
    timeout: '200ms',
    threshold: 2,
    backoff: '10ms',
  };
}

function secretUrl(host: string): string {
  return `http://${SECRETS.userName}:${SECRETS.password}@${host}/${SECRETS.path}/hook?token=${SECRETS.query}`;
}

async function listen(
  servers: Server[],
  listener: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<number> {
  const server = createServer((request, response) => {
    void text(request).then(() => listener(request, response));
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Sends events to every endpoint, by a client with secrets of its own, until each was tried at least once. */
async function provoke(url: string, endpoints: number): Promise<void> {
  const client = new RegistryClient(url, 'team/app');
  await client.pushImage(image('secrecy', 1), 'latest');
  const credentials = Buffer.from(`somebody:${SECRETS.clientPassword}`).toString('base64');
  await client.request(`manifests/latest?token=${SECRETS.clientQuery}`, {
    headers: {
      Authorization: `Basic ${credentials}`,
      Cookie: `session=${SECRETS.clientPassword}`,
      Referer: `http://somebody:${SECRETS.clientPassword}@site/?${SECRETS.clientQuery}`,
    },
  });
  await vi.waitFor(
    async () => {
      const health = (await (await fetch(`${url}/health`)).json()) as {
        details: { notifications: { endpoints: Record<string, { attempts: number }> } };
      };
      const tried = Object.values(health.details.notifications.endpoints).filter(
        ({ attempts }) => attempts > 0,
      );
      expect(tried).toHaveLength(endpoints);
    },
    { timeout: 20_000, interval: 50 },
  );
}

/** Also not as Base64, in which Basic authentication hides nothing, nor percent-encoded. */
function expectNoSecret(shown: string): void {
  for (const [name, secret] of Object.entries(SECRETS)) {
    const forms = [secret, Buffer.from(secret).toString('base64').slice(0, -4), encodeURIComponent(secret)];
    for (const form of forms) {
      const at = shown.indexOf(form);
      expect(
        at === -1 ? undefined : `${name}: ${shown.slice(Math.max(0, at - 200), at + 100)}`,
      ).toBeUndefined();
    }
  }
  const basic = Buffer.from(`${SECRETS.userName}:${SECRETS.password}`).toString('base64');
  expect(shown).not.toContain(basic);
}

async function check(registry: RegistryProcess): Promise<number> {
  const [code] = (await once(registry.spawn('check', registry.configPath), 'close')) as [number];
  return code;
}
