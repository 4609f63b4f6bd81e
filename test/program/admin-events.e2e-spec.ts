import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminClient } from '../support/admin-client.js';
import { image } from '../support/image.js';
import { RegistryClient } from '../support/registry-client.js';
import { RegistryProcess } from '../support/registry-process.js';

interface Shown {
  readonly sequence: number;
  readonly id: string;
  readonly type: string;
  readonly lane: string;
}

describe('the feed of events', () => {
  let registry: RegistryProcess;
  let admin: AdminClient;
  let client: RegistryClient;

  const start = async (notifications = {}) => {
    registry = await new RegistryProcess({ notifications }).start();
    admin = new AdminClient(registry);
    client = new RegistryClient(registry.url, 'team/app');
    await client.pushImage(image('app'), 'latest');
  };
  const events = async (query: string) => {
    const { body } = await admin.ask('GET', `events${query}`);
    return body['events'] as readonly Shown[];
  };

  beforeAll(() => start());

  afterAll(() => registry.dispose());

  it('comes in pages, by type, by lane and by id', async () => {
    const all = await events('');
    expect(all.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
    const { body } = await admin.ask('GET', 'events?after=1&limit=2');
    expect(body).toMatchObject({ events: [{ sequence: 2 }, { sequence: 3 }], next: 3, head: 4 });
    expect(await events('?type=registry.manifest.*')).toMatchObject([
      { sequence: 4, type: 'registry.manifest.push' },
    ]);
    expect(await events('?type=registry.blob.push&lane=team%2Fapp')).toHaveLength(3);
    expect(await events('?lane=team%2Fother')).toEqual([]);
    const [first] = all;
    await expect(admin.ask('GET', `events/${first?.id}`)).resolves.toEqual({ status: 200, body: first });
  });

  it('is followed from any place, and each event comes once and in order', async () => {
    const headers = { Accept: 'text/event-stream' };
    const response = await admin.open('GET', 'events?after=2', headers);
    expect(response.headers['content-type']).toBe('text/event-stream');
    const reading = readUntil(response, 'id: 8\n');
    await client.pushImage(image('other'), 'other');
    expect(idsOf(await reading)).toEqual([3, 4, 5, 6, 7, 8]);
    const resumed = await admin.open('GET', 'events?after=2', { ...headers, 'Last-Event-ID': '7' });
    expect(idsOf(await readUntil(resumed, 'id: 8\n'))).toEqual([8]);
    const following = await admin.open('GET', 'events', headers);
    await registry.stop();
    await once(following.resume(), 'close');
  });

  it('tells a reader who is too late where the log begins', async () => {
    await registry.dispose();
    await start({ retention: { size: 1 } });
    await registry.stop();
    await registry.start();
    await expect.poll(() => events('')).toEqual([]);
    for (const accept of ['application/json', 'text/event-stream']) {
      const response = await admin.open('GET', 'events?after=2', { Accept: accept });
      expect(response.statusCode).toBe(410);
      expect(await readUntil(response, '}]}')).toContain('"detail":{"oldest":5}');
    }
    await expect(admin.ask('GET', 'events?after=4')).resolves.toMatchObject({ status: 200 });
    expect(registry.output).toContain('removed 4 events from the log');
  });
});

async function readUntil(response: IncomingMessage, end: string): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    text += String(chunk);
    if (text.includes(end)) break;
  }
  return text;
}

function idsOf(text: string): readonly number[] {
  return [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
}
