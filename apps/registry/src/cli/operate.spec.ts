import { describe, expect, it } from 'vitest';

import { NoServer, type AdminAnswer, type AdminRequest } from './admin-client.js';
import { operate } from './operate.js';
import type { OperatorCommand } from './operator-command.js';
import type { ReplayCommand } from './replay-command.js';

const ENDPOINT = {
  name: 'ci',
  origin: 'https://ci.test',
  state: 'paused',
  breaker: 'closed',
  Pending: 3,
  lag: 4,
};

describe('an operator at the command line', () => {
  const asked: string[] = [];
  async function herald(
    command: OperatorCommand | ReplayCommand,
    answers: readonly AdminAnswer[] | Error,
    json = false,
  ) {
    asked.length = 0;
    const written = { stdout: '', stderr: '' };
    const queue = answers instanceof Error ? [] : [...answers];
    const request: AdminRequest = (method, path) => {
      asked.push(`${method} ${path}`);
      const answer = queue.shift();
      return answer === undefined ? Promise.reject(answers) : Promise.resolve(answer);
    };
    const code = await operate(command, {
      request,
      json,
      pause: () => Promise.resolve(queue.length > 0),
      output: { stdout: (text) => (written.stdout += text), stderr: (text) => (written.stderr += text) },
    });
    return { code, ...written };
  }
  const ok = (body: unknown): AdminAnswer => ({ status: 200, body: JSON.stringify(body) });

  it('is told why a server that runs cannot be asked, and of lists that are empty', async () => {
    const foreign = Object.assign(new Error('connect EACCES /x/admin.sock'), { code: 'EACCES' });
    await expect(herald({ does: 'list-endpoints' }, foreign)).resolves.toMatchObject({
      code: 5,
      stderr:
        'herald: the server could not be asked: only the user that it runs as may use its admin socket\n',
    });
    const none = await herald({ does: 'list-dead-letters', endpoint: 'ci' }, [ok({ deadLetters: [] })]);
    expect(none.stdout).toBe('ci has no dead letters\n');
  });

  it('sees the endpoints in a table, the detached ones too', async () => {
    const answer = ok({
      head: 9,
      endpoints: [ENDPOINT],
      detached: [{ name: 'old', lag: 9, deadLetters: 2 }],
    });
    const { code, stdout } = await herald({ does: 'list-endpoints' }, [answer]);
    expect(code).toBe(0);
    expect(stdout).toBe(
      [
        'NAME  ADDRESS          STATE     BREAKER  PENDING  LAG  DELIVERED  DEAD',
        'ci    https://ci.test  paused    closed   3        4    -          -',
        'old   -                detached  -        -        9    -          2',
        '',
      ].join('\n'),
    );
    expect((await herald({ does: 'list-endpoints' }, [answer], true)).stdout).toBe(`${answer.body}\n`);
  });

  it('waits until an endpoint has what was pending, and not for what came since', async () => {
    const drain = { does: 'drain-endpoint', endpoint: 'ci', timeoutSeconds: 60 } as const;
    const active = { ...ENDPOINT, state: 'active' };
    const answers = [
      ok({ upTo: 9, cursor: 5, pending: 4 }),
      ok({ ...active, cursor: 8 }),
      ok({ ...active, cursor: 9 }),
    ];
    const { code, stdout } = await herald(drain, answers);
    expect([code, stdout]).toEqual([0, 'ci has everything up to 9\n']);
    expect(asked).toEqual([
      'POST /admin/v1/endpoints/ci/drain',
      'GET /admin/v1/endpoints/ci',
      'GET /admin/v1/endpoints/ci',
    ]);
    const late = await herald({ ...drain, timeoutSeconds: 0 }, [
      ok({ upTo: 9 }),
      ok({ ...active, cursor: 8 }),
    ]);
    expect(late).toMatchObject({ code: 5, stdout: '' });
    expect(late.stderr).toContain('ci was not drained within 0 s: 3 events are pending');
    const last = await herald({ ...drain, timeoutSeconds: 0 }, [
      ok({ upTo: 9 }),
      ok({ ...active, cursor: 8, Pending: 1 }),
    ]);
    expect(last.stderr).toContain('within 0 s: 1 event is pending');
    const paused = await herald(drain, [ok({ upTo: 9 }), ok({ ...ENDPOINT, cursor: 8 })]);
    expect(paused.stderr).toContain('ci is paused: it was not drained');
  });

  it('changes the state of an endpoint, whatever its name is made of', async () => {
    const { stdout } = await herald({ does: 'change-endpoint', change: 'pause', endpoint: 'a/b c' }, [
      ok(ENDPOINT),
    ]);
    expect(asked).toEqual(['POST /admin/v1/endpoints/a%2Fb%20c/pause']);
    expect(stdout).toBe('a/b c is paused\n');
  });

  it('is told when no server runs, and why a server refuses', async () => {
    const none = await herald({ does: 'list-endpoints' }, new NoServer('no server runs'));
    expect(none).toMatchObject({
      code: 6,
      stderr: expect.stringContaining('no server runs with this configuration'),
    });
    const refusal = { status: 404, body: '{"errors":[{"message":"no endpoint of that name"}]}' };
    const refused = await herald({ does: 'test-endpoint', endpoint: 'x' }, [refusal]);
    expect(refused).toMatchObject({ code: 5, stdout: '', stderr: 'herald: no endpoint of that name\n' });
  });

  it('learns from the exit code whether an endpoint took what it was tried with', async () => {
    const tried = (delivered: boolean, status: number) =>
      herald({ does: 'test-endpoint', endpoint: 'ci' }, [ok({ delivered, status, durationMs: 3 })]);
    await expect(tried(true, 204)).resolves.toEqual({
      code: 0,
      stdout: 'delivered: status 204 after 3 ms\n',
      stderr: '',
    });
    await expect(tried(false, 500)).resolves.toEqual({
      code: 5,
      stdout: 'not delivered: status 500 after 3 ms\n',
      stderr: 'herald: ci did not take it\n',
    });
  });

  it('follows the log from its end, without missing a page and without a terminal being taken over', async () => {
    const event = (sequence: number) => ({
      sequence,
      time: 't',
      type: 'orders.paid',
      lane: '\u001b[31m',
      id: 'i',
    });
    const { stdout } = await herald({ does: 'tail-events', filter: { type: 'orders.*' } }, [
      ok({ head: 5 }),
      ok({ events: [event(6)], next: 6, head: 7 }),
      ok({ events: [event(7)], next: 7, head: 7 }),
      ok({ events: [], next: 7, head: 7 }),
    ]);
    expect(asked.slice(1)).toEqual(
      [5, 6, 7].map((after) => `GET /admin/v1/events?type=orders.*&after=${after}`),
    );
    expect(stdout).toBe('6  t  orders.paid  ?[31m  i\n7  t  orders.paid  ?[31m  i\n');
  });

  it('follows a replay to its end, and says by the exit code whether all of it was taken', async () => {
    const job = { id: 'r1', sent: 3, failed: 0, gone: 0, cursor: 7, lastSequence: 9 };
    const running = ok({ ...job, state: 'running' });
    const start = { does: 'start-replay', path: 'endpoints/ci/replays?from=1', follow: true } as const;
    const done = await herald(start, [
      ok({ replay: job }),
      running,
      ok({ ...job, sent: 5, cursor: 9, state: 'done', endedAt: 't' }),
    ]);
    expect(done.code).toBe(0);
    expect(done.stdout).toBe(
      'replay r1 has begun\nreplay r1 is done: 5 events sent, 0 not taken, 0 gone, done up to 9 of 9\n',
    );
    const show = { does: 'show-replay', path: 'replays/r1', follow: true } as const;
    const ended = { ...job, failed: 2, state: 'failed', failure: 'refused', endedAt: 't' };
    const failed = await herald(show, [running, ok(ended)]);
    expect(failed.code).toBe(7);
    expect(failed.stdout).toMatch(/^replay r1 is failed \(refused\): 3 events sent, 2 not taken/);
    const partly = await herald(show, [running, ok({ ...ended, state: 'done', sent: 1 })]);
    expect(partly.stdout).toContain('1 event sent, 2 not taken');
    expect(partly.code).toBe(7);
  });

  it('leaves a replay that it followed to itself when it is interrupted, and says how to see it', async () => {
    const running = ok({ id: 'r1', state: 'running', sent: 3, failed: 0, gone: 0 });
    const show = { does: 'show-replay', path: 'replays/r1', follow: true } as const;
    const { code, stdout, stderr } = await herald(show, [running, running]);
    expect([code, stdout]).toEqual([130, '']);
    expect(stderr).toContain('the replay goes on; herald replay show r1 --follow');
  });

  it('sees every dead letter, sends them again, and gives one up', async () => {
    const letter = {
      id: 1,
      at: 't',
      reason: 'expired',
      count: 8,
      attempts: 0,
      firstSequence: 3,
      lastSequence: 12,
    };
    const listed = await herald({ does: 'list-dead-letters', endpoint: 'ci' }, [
      ok({ deadLetters: [letter], next: 1 }),
      ok({ deadLetters: [{ ...letter, id: 2 }] }),
    ]);
    expect(asked.at(-1)).toBe('GET /admin/v1/endpoints/ci/dead-letters?limit=1000&after=1');
    expect(listed.stdout).toContain('3-12');
    expect(listed.stdout.split('\n')).toHaveLength(4);
    const sent = await herald({ does: 'redrive', endpoint: 'ci', id: undefined }, [
      ok({ job: 'j', events: 8, gone: 0 }),
    ]);
    expect(sent.stdout).toBe('job j sends 8 events again\n');
    const partly = await herald({ does: 'redrive', endpoint: 'ci', id: '1' }, [
      ok({ job: 'j', events: 1, gone: 7 }),
    ]);
    expect(partly.stdout).toBe('job j sends 1 event again; 7 are gone from the log\n');
    const gone = await herald({ does: 'delete-dead-letter', endpoint: 'ci', id: '2' }, [
      { status: 204, body: '' },
    ]);
    expect([gone.code, asked]).toEqual([0, ['DELETE /admin/v1/endpoints/ci/dead-letters/2']]);
  });
});
