import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AdminClient } from '../support/admin-client.js';
import { content, OCI_LAYER } from '../support/image.js';
import { RegistryClient } from '../support/registry-client.js';
import { freePort, RegistryProcess } from '../support/registry-process.js';
import { FaultBench } from './fault-bench.js';

const REDIRECTS = ['301', '302', '303', '307', '308'];

/** What only the endpoints that are configured may see. */
const SECRETS = {
  token: 'token-7f3a9c',
  password: 'password-5b1e22',
  path: 'path-c04d9e',
  query: 'query-91aa07',
};

describe('a redirect to another host', () => {
  const hosts = new FaultBench();
  const seen: string[] = [];
  const strayed: string[] = [];
  let registry: RegistryProcess;
  let debug: string;

  beforeAll(async () => {
    const other = await hosts.http((body, { rawHeaders, url }, response) => {
      strayed.push(`${url} ${rawHeaders.join(' ')} ${body}`);
      response.end();
    });
    const endpoint = await hosts.http((_body, request, response) => {
      const status = (request.url ?? '').split('/')[1] ?? '';
      seen.push(`${status} ${String(request.headers['x-token'])}`);
      const location = `${other.replace('127.0.0.1', 'localhost')}${request.url}&token=${SECRETS.token}`;
      response
        .writeHead(Number(status), { Location: location })
        .end(`${location} ${request.rawHeaders.join(' ')}`);
    });
    debug = `127.0.0.1:${await freePort()}`;
    registry = await new RegistryProcess({
      endpoints: REDIRECTS.map((name) => ({
        name,
        url: `${endpoint.replace('//', `//user:${SECRETS.password}@`)}/${name}/${SECRETS.path}?${SECRETS.query}`,
        headers: { 'X-Token': [SECRETS.token] },
        threshold: 2,
        backoff: '20ms',
        maxbackoff: '20ms',
      })),
      http: { debug: { addr: debug, prometheus: { enabled: true } } },
      log: { level: 'debug' },
    }).start();
    await new RegistryClient(registry.url, 'team/app').pushBlob(content(OCI_LAYER, 'a blob'));
    await vi.waitFor(
      () => {
        for (const name of REDIRECTS)
          expect(seen.filter((each) => each.startsWith(name)).length).toBeGreaterThan(2);
      },
      { timeout: 20_000, interval: 10 },
    );
  });

  afterAll(async () => {
    await registry.dispose();
    await hosts.stop();
  });

  it('is not followed, by none of the statuses', () => {
    expect(seen.every((each) => each.endsWith(SECRETS.token))).toBe(true);
    expect(strayed).toEqual([]);
  });

  it('brings no secret into a log, a page or an answer of the admin API', async () => {
    const admin = new AdminClient(registry);
    const pages = [`${registry.url}/health`, `http://${debug}/metrics`, `http://${debug}/debug/vars`];
    const texts = await Promise.all(pages.map(async (page) => (await fetch(page)).text()));
    const answers = await Promise.all(
      ['endpoints', ...REDIRECTS.map((name) => `endpoints/${name}`)].map(async (path) =>
        admin.ask('GET', path),
      ),
    );
    expect(texts.every((text) => text.length > 100)).toBe(true);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const everything = [registry.output, ...texts, ...answers.map(({ body }) => JSON.stringify(body))];
    for (const secret of Object.values(SECRETS)) {
      expect(everything.filter((text) => text.includes(secret))).toEqual([]);
    }
  });
});
