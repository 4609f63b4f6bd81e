import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AdminClient } from '../support/admin-client.js';
import { image } from '../support/image.js';
import { Receiver, type Delivery } from '../support/receiver.js';
import { RegistryClient } from '../support/registry-client.js';
import { RegistryProcess } from '../support/registry-process.js';

interface LoggedEvent {
  readonly sequence: number;
  readonly id: string;
  readonly time: string;
}

interface Job {
  readonly id: string;
  readonly state: string;
  readonly sent: number;
  readonly cursor: number;
}

const REPOSITORIES = ['team/a', 'team/b', 'team/c'];
const IMAGES = 9;
/** Each image is two layers, a configuration and a manifest. */
const EVENTS = IMAGES * 4;

describe('what was delivered can be sent again', () => {
  const receiver = new Receiver();
  const other = new Receiver();
  let registry: RegistryProcess;
  let admin: AdminClient;
  let log: readonly LoggedEvent[];

  beforeAll(async () => {
    await Promise.all([receiver.up(), other.up()]);
    registry = await new RegistryProcess({
      endpoints: [
        { name: 'ci', url: receiver.url, backoff: '50ms', ignore: { actions: ['pull'] } },
        {
          name: 'small',
          url: other.url,
          only: { repositories: ['team/dead'] },
          backlog: { maxevents: 4 },
        },
      ],
    }).start();
    admin = new AdminClient(registry);
    await Promise.all(
      REPOSITORIES.map(async (name, lane) => {
        const client = new RegistryClient(registry.url, name);
        for (let n = lane; n < IMAGES; n += REPOSITORIES.length)
          await client.pushImage(image(`image ${n}`), `v${n}`);
      }),
    );
    await receiver.until((events) => events.length >= EVENTS);
    const { events } = (await admin.ask('GET', `events?limit=${EVENTS}`)).body;
    log = events as readonly LoggedEvent[];
  });

  afterAll(async () => {
    await registry.dispose();
    await Promise.all([receiver.down(), other.down()]);
  });

  beforeEach(() => {
    receiver.deliveries.length = 0;
  });

  const job = async (id: string) => (await admin.ask('GET', `replays/${id}`)).body as unknown as Job;
  const ended = (id: string, state = 'done') =>
    expect.poll(async () => (await job(id)).state, { interval: 20, timeout: 10_000 }).toBe(state);
  const start = async (endpoint: string, query: string) => {
    const { status, body } = await admin.ask('POST', `endpoints/${endpoint}/replays?${query}`);
    expect(status).toBe(202);
    return (body['replay'] as Job).id;
  };
  const idsOf = (deliveries: readonly Delivery[]) =>
    deliveries.flatMap(({ events }) => events.map(({ id }) => id));
  const replays = () => receiver.deliveries.filter(({ headers }) => headers['herald-replay'] !== undefined);
  const lives = () => receiver.deliveries.filter(({ headers }) => headers['herald-replay'] === undefined);

  it('by a job that a SIGKILL interrupts and that goes on at its cursor, marked and apart from live events, which go first', async () => {
    const asked = log.slice(5, 30).map(({ id }) => id);
    const id = await start('ci', 'from=6&to=30&rate=10/s');
    await expect.poll(() => replays().length, { timeout: 5_000 }).toBeGreaterThan(2);
    await new RegistryClient(registry.url, 'team/live').pushImage(image('live'), 'live');
    await expect.poll(() => idsOf(lives()).length, { timeout: 5_000 }).toBe(4);
    await expect
      .poll(async () => (await job(id)).cursor, { interval: 10, timeout: 10_000 })
      .toBeGreaterThan(16);
    const { cursor, state } = await job(id);
    expect(state).toBe('running');
    await registry.kill();
    const before = receiver.deliveries.length;
    await registry.start();
    await ended(id);
    expect(await job(id)).toMatchObject({ cursor: 30, sent: 25 });
    const done = new Set(log.filter(({ sequence }) => sequence <= cursor).map((event) => event.id));
    const after = idsOf(receiver.deliveries.slice(before));
    expect(after.filter((each) => done.has(each))).toEqual([]);
    expect(after.length).toBeGreaterThan(0);
    expect(new Set(idsOf(replays()))).toEqual(new Set(asked));
    for (const { headers } of replays()) {
      expect(headers['herald-replay']).toBe(id);
      expect(headers['herald-sequence']).toBeUndefined();
    }
    const live = lives().flatMap(({ events }) => events.map(({ target }) => target.repository));
    expect(new Set(live)).toEqual(new Set(['team/live']));
    const lastLive = receiver.deliveries.findLastIndex(
      ({ headers }) => headers['herald-replay'] === undefined,
    );
    expect(receiver.deliveries.length - lastLive, 'replays after the live events').toBeGreaterThan(5);
  });

  it('by time, id or description, as many as a dry run counted, each lane in its order', async () => {
    const [third, last] = [log[2], log[EVENTS - 1]];
    const time = encodeURIComponent(log[EVENTS - 10]?.time ?? '');
    for (const query of [
      `since=${time}&to=${EVENTS}`,
      `event=${third?.id}&event=${last?.id}`,
      `repository=team/b&action=push&to=${EVENTS}`,
      `until=${time}&from=5&type=registry.**`,
    ]) {
      receiver.deliveries.length = 0;
      const dry = await admin.ask('POST', `endpoints/ci/replays?${query}&dryrun=true`);
      const id = await start('ci', query);
      await ended(id);
      expect(dry.body['events'], query).toBeGreaterThan(0);
      expect((await job(id)).sent, query).toBe(dry.body['events']);
      const ids = idsOf(receiver.deliveries);
      expect(ids, query).toHaveLength(dry.body['events'] as number);
      expect(receiver.deliveries, query).toEqual(replays());
      for (const repository of REPOSITORIES) {
        const sequences = receiver.events
          .filter(({ target }) => target.repository === repository)
          .map((event) => log.findIndex((each) => each.id === event.id));
        expect(sequences).not.toContain(-1);
        expect(sequences, query).toEqual(sequences.toSorted((a, b) => a - b));
      }
    }
  });

  it('out of the dead letters, and by the command line, which follows it to its end', async () => {
    const deadLetters = async () => (await admin.ask('GET', 'endpoints/small')).body['deadLetters'];
    await admin.ask('POST', 'endpoints/small/pause');
    await new RegistryClient(registry.url, 'team/dead').pushImage(image('dead'), 'dead');
    await expect.poll(deadLetters, { timeout: 5_000 }).toBe(4);
    await admin.ask('POST', 'endpoints/small/resume');
    await admin.ask('POST', 'endpoints/small/enable');
    const words = ['replay', 'start', 'small', '--dead-letters', '--follow'];
    const herald = registry.spawn(...words, '--config', registry.configPath);
    await expect(once(herald, 'close')).resolves.toEqual([0, null]);
    expect(registry.output).toMatch(/replay \S+ is done: 4 events sent, 0 not taken/);
    expect(other.events).toHaveLength(4);
    expect(other.deliveries.every(({ headers }) => headers['herald-replay'] !== undefined)).toBe(true);
    await expect(deadLetters()).resolves.toBe(0);
  });

  it('until somebody cancels it', async () => {
    const id = await start('ci', 'from=1&rate=1/h');
    await expect.poll(() => replays().length, { timeout: 5_000 }).toBe(1);
    const follower = registry.spawn('replay', 'show', id, '--follow', '--config', registry.configPath);
    await expect(admin.ask('DELETE', `replays/${id}`)).resolves.toMatchObject({
      status: 200,
      body: { state: 'cancelled' },
    });
    await expect(once(follower, 'close')).resolves.toEqual([7, null]);
    await expect(admin.ask('DELETE', `replays/${id}`)).resolves.toMatchObject({ status: 409 });
    const next = await start('ci', 'event=' + (log[0]?.id ?? ''));
    await ended(next);
    expect(idsOf(replays())).toHaveLength(2);
    expect(await job(id)).toMatchObject({ state: 'cancelled', sent: 1 });
  });
});
