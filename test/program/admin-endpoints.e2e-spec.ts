import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AdminClient } from '../support/admin-client.js';
import { image } from '../support/image.js';
import { Receiver } from '../support/receiver.js';
import { RegistryClient } from '../support/registry-client.js';
import { RegistryProcess } from '../support/registry-process.js';

describe('operators of the program', () => {
  let receiver: Receiver;
  let registry: RegistryProcess;
  let admin: AdminClient;
  let client: RegistryClient;
  let status: number;

  beforeEach(async () => {
    status = 200;
    receiver = await new Receiver(({ events }) => (events.length > 0 ? status : 200)).up();
    registry = await new RegistryProcess(settings()).start();
    admin = new AdminClient(registry);
    client = new RegistryClient(registry.url, 'team/app');
  });

  afterEach(async () => {
    await registry.dispose();
    await receiver.down();
  });

  // Attempts are counted below: none of them may end because this machine was slow.
  const settings = () => ({ endpoints: [{ name: 'ci/main', url: receiver.url, timeout: '30s' }] });

  const herald = async (...args: readonly string[]) => {
    let output = '';
    const child = registry.spawn(...args, '--config', registry.configPath);
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk) => (output += String(chunk)));
    const [code] = (await once(child, 'close')) as [number];
    return { code, output };
  };

  it('hold an endpoint over a restart, see what waits, and let it go on', async () => {
    await expect(herald('endpoints', 'pause', 'ci/main')).resolves.toEqual({
      code: 0,
      output: 'ci/main is paused\n',
    });
    await client.pushImage(image('app'), 'latest');
    await registry.stop();
    await registry.start();
    await expect
      .poll(async () => (await admin.ask('GET', 'endpoints/ci%2Fmain')).body)
      .toMatchObject({ name: 'ci/main', state: 'paused', Pending: 4, breaker: 'closed' });
    expect(receiver.deliveries).toHaveLength(0);
    const listed = await herald('endpoints', '--json');
    expect(JSON.parse(listed.output)).toMatchObject({ endpoints: [{ name: 'ci/main', state: 'paused' }] });
    expect(listed.output).not.toContain('secret-path');
    await expect(herald('endpoints', 'resume', 'ci/main')).resolves.toMatchObject({ code: 0 });
    await receiver.until((events) => events.length === 4);
  });

  it('disable an endpoint over a restart, have what it had not got as one dead letter, and go on with what is new', async () => {
    await admin.ask('POST', 'endpoints/ci%2Fmain/pause');
    await client.pushImage(image('app'), 'latest');
    await expect(herald('endpoints', 'disable', 'ci/main')).resolves.toEqual({
      code: 0,
      output: 'ci/main is disabled\n',
    });
    await admin.ask('POST', 'endpoints/ci%2Fmain/resume');
    await registry.kill();
    await registry.start();
    await client.pushImage(image('other'), 'other');
    const endpoint = async () => (await admin.ask('GET', 'endpoints/ci%2Fmain')).body;
    await expect.poll(endpoint).toMatchObject({ state: 'disabled', Pending: 0, deadLetters: 4, lag: 0 });
    await expect(admin.ask('GET', 'endpoints/ci%2Fmain/dead-letters')).resolves.toMatchObject({
      body: { deadLetters: [{ reason: 'disabled', firstSequence: 1, lastSequence: 4, count: 4 }] },
    });
    await expect(herald('endpoints', 'drain', 'ci/main')).resolves.toMatchObject({ code: 5 });
    await expect(herald('endpoints', 'enable', 'ci/main')).resolves.toMatchObject({ code: 0 });
    await client.pushImage(image('third'), 'third');
    await receiver.until((events) => events.length === 4);
    expect(receiver.deliveries.flatMap(({ events }) => events).map(({ target }) => target.tag)).toContain(
      'third',
    );
    await expect(endpoint()).resolves.toMatchObject({ state: 'active', deadLetters: 4 });
    await registry.stop();
    registry.configure({ ...settings(), notifications: { retention: { size: '1' } } });
    await registry.start();
    const path = 'endpoints/ci%2Fmain/replays?deadletters=true&dryrun=true';
    await expect.poll(async () => (await admin.ask('POST', path)).body).toEqual({ events: 0, gone: 4 });
    await expect(herald('dead-letters', 'redrive', 'ci/main')).resolves.toMatchObject({
      code: 0,
      output: expect.stringMatching(/^job \S+ sends 0 events again; 4 are gone from the log\n$/) as string,
    });
  });

  it('see what an endpoint refused, try it, and have it sent again when it is mended', async () => {
    status = 422;
    await client.pushBlob(image('app').blobs[0] ?? expect.fail('an image has blobs'));
    const path = 'endpoints/ci%2Fmain/dead-letters';
    await expect
      .poll(async () => (await admin.ask('GET', path)).body['deadLetters'], { timeout: 30_000 })
      .toMatchObject([{ id: 1, reason: 'refused', attempts: 4, lastStatus: 422, count: 1 }]);
    await expect(admin.ask('POST', 'endpoints/ci%2Fmain/test')).resolves.toMatchObject({
      status: 200,
      body: { delivered: true, status: 200 },
    });
    expect(receiver.deliveries.at(-1)?.body).toBe('{"events":[]}');
    expect((await herald('dead-letters', 'list', 'ci/main')).output).toContain('refused');
    const [event] = (await admin.ask('GET', 'events')).body['events'] as readonly { id: string }[];
    const { body: fate } = await admin.ask('GET', `events/${event?.id ?? ''}/attempts`);
    expect(fate['endpoints']).toMatchObject([
      {
        endpoint: 'ci/main',
        state: 'dead',
        deadLetter: 1,
        attempts: [{}, {}, {}, { status: 422, outcome: 'event-fault', events: 1 }],
      },
    ]);
    expect((await herald('events', 'show', event?.id ?? '')).output).toMatch(/ci\/main +dead +4 +1\n/);
    status = 200;
    const before = receiver.deliveries.length;
    const sent = await herald('dead-letters', 'redrive', 'ci/main');
    expect(sent.output).toMatch(/^job \S+ sends 1 event again\n$/);
    await receiver.until(() => receiver.deliveries.length > before);
    expect(receiver.deliveries.at(-1)?.headers['herald-replay']).toBe(sent.output.split(' ')[1]);
    await expect.poll(async () => (await admin.ask('GET', path)).body).toEqual({ deadLetters: [] });
    await expect(admin.ask('DELETE', `${path}/1`)).resolves.toMatchObject({ status: 404 });
    await expect(herald('dead-letters', 'redrive', 'ci/main')).resolves.toMatchObject({
      code: 5,
      output: expect.stringContaining('the endpoint has no dead letters that wait to be sent again'),
    });
  });

  it('see what an endpoint that is down has still to get, and have it sent when it is up', async () => {
    await receiver.down();
    await client.pushImage(image('app'), 'latest');
    const path = 'endpoints/ci%2Fmain';
    await expect
      .poll(async () => (await admin.ask('GET', path)).body['detail'])
      .toMatchObject({
        breaker: { state: 'closed', openings: 0 },
        lanes: { total: 1, first: [{ lane: 'team/app', firstSequence: 1, state: 'waiting' }] },
      });
    const shown = await herald('endpoints', 'show', 'ci/main');
    expect(shown.output).toMatch(/pending +4\n[^]*team\/app +waiting +1 [^]*connect +endpoint-fault/);
    await admin.ask('POST', `${path}/pause`);
    await expect(admin.ask('POST', `${path}/drain`)).resolves.toMatchObject({ status: 409 });
    await admin.ask('POST', `${path}/resume`);
    await receiver.up();
    await expect(herald('endpoints', 'drain', 'ci/main')).resolves.toMatchObject({
      code: 0,
      output: expect.stringContaining('ci/main has everything up to 4\n') as string,
    });
    expect(receiver.events).toHaveLength(4);
    expect((await admin.ask('GET', path)).body).toMatchObject({
      Pending: 0,
      detail: { lanes: { total: 0, first: [] } },
    });
    expect((await admin.ask('GET', `${path}/attempts?limit=1`)).body).toMatchObject({
      attempts: [{ endpoint: 'ci/main', status: 200, outcome: 'delivered' }],
    });
  });

  it('are told what is not there, and what is not a number', async () => {
    for (const path of [
      'endpoints/x',
      'endpoints/x/dead-letters',
      'endpoints/x/attempts',
      'events/x',
      'events/x/attempts',
    ]) {
      await expect(admin.ask('GET', path)).resolves.toMatchObject({ status: 404 });
    }
    for (const path of ['events?limit=0', 'events?limit=1001', 'events?after=-1', 'events?after=1&after=2']) {
      await expect(admin.ask('GET', path)).resolves.toMatchObject({
        status: 400,
        body: { errors: [{ code: 'PARAMETER_INVALID' }] },
      });
    }
    await expect(herald('endpoints', 'pause', 'x')).resolves.toMatchObject({ code: 5 });
    for (const path of ['admin/v1/endpoints', 'admin/v1/events', 'openapi.json']) {
      expect((await fetch(`${registry.url}/${path}`)).status).toBe(404);
    }
    await registry.stop();
    await expect(herald('endpoints')).resolves.toEqual({
      code: 6,
      output: 'herald: no server runs with this configuration: start it with herald serve\n',
    });
  });
});
