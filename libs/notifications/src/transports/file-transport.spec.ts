import { appendFileSync, mkdtempSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatOf } from '../event/format.js';
import { FileTransport } from './file-transport.js';
import { LineFile } from './line-file.js';
import { OutputTransport } from './output-transport.js';
import type { Envelope } from './transport.js';

const LINES = { format: formatOf('cloudevents'), maxLineBytes: 1_024 };
const TAKEN = { kind: 'taken' };

function envelope(...numbers: readonly number[]): Envelope {
  return {
    log: 'log',
    records: numbers.map((n) => ({
      sequence: n,
      id: `id-${n}`,
      lane: 'x',
      type: 'test.thing.happened',
      timeMs: n,
      data: JSON.stringify({ n }),
    })),
    sequences: numbers,
  };
}

describe('a file as an endpoint', () => {
  let directory: string;
  let path: string;

  const open = (at = path) => new FileTransport(new LineFile(at, 'always'), LINES);
  const numbers = (at = path) =>
    readFileSync(at, 'utf8')
      .split('\n')
      .flatMap((line) => {
        try {
          return [(JSON.parse(line) as { data: { n: number } }).data.n];
        } catch {
          return [];
        }
      });

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'herald-lines-'));
    path = join(directory, 'events.ndjson');
  });

  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('gets each event as a line of its own, in the order in which they are posted', async () => {
    const transport = open();
    const results = await Promise.all([
      transport.post(envelope(1, 2)),
      transport.post(envelope(3)),
      transport.post(envelope(4, 5)),
    ]);
    expect(results).toEqual([TAKEN, TAKEN, TAKEN]);
    expect(readFileSync(path, 'utf8')).toMatch(/^(?:\{[^\n]+\}\n){5}$/);
    expect(numbers()).toEqual([1, 2, 3, 4, 5]);
    expect(JSON.parse(readFileSync(path, 'utf8').split('\n')[0] ?? '')).toMatchObject({
      id: 'id-1',
      sequence: '0000000000000001',
    });
    expect(statSync(path).mode & 0o007).toBe(0);
    transport.close();
  });

  it('has Distribution events as they are, and not in an envelope', async () => {
    const transport = new FileTransport(new LineFile(path, 'never'), {
      format: formatOf('distribution.v1'),
      maxLineBytes: 1_024,
    });
    await transport.post(envelope(1));
    expect(readFileSync(path, 'utf8')).toBe('{"n":1}\n');
    transport.close();
  });

  it('is made anew when it was moved away, without a signal', async () => {
    const transport = open();
    await transport.post(envelope(1));
    renameSync(path, `${path}.1`);
    await transport.post(envelope(2));
    expect([numbers(`${path}.1`), numbers()]).toEqual([[1], [2]]);
    transport.reopen();
    await transport.post(envelope(3));
    expect(numbers()).toEqual([2, 3]);
    transport.close();
  });

  it('keeps half of a line that a crash left from spoiling the next one', async () => {
    appendFileSync(path, '{"half":');
    const transport = open();
    await transport.post(envelope(1));
    expect(readFileSync(path, 'utf8')).toMatch(/^\{"half":\n\{[^\n]+\}\n$/);
    transport.close();
  });

  it('says that it was not written when it cannot be, and goes on when it can', async () => {
    const missing = join(directory, 'later', 'events.ndjson');
    const transport = open(missing);
    const failure = { kind: 'unanswered', fault: 'file', sent: false, stale: false };
    expect(await transport.post(envelope(1))).toEqual(failure);
    mkdirSync(join(directory, 'later'));
    expect(await transport.post(envelope(1))).toEqual(TAKEN);
    expect(numbers(missing)).toEqual([1]);
    transport.close();
    expect(await open('/dev/full').post(envelope(1))).toEqual(failure);
  });

  it('refuses an event that is longer than a line may be', async () => {
    const transport = new FileTransport(new LineFile(path, 'always'), { ...LINES, maxLineBytes: 16 });
    expect(await transport.post(envelope(1))).toMatchObject({ kind: 'unanswered', fault: 'encode' });
    transport.close();
  });

  it('can be tried without being told of anything', async () => {
    const transport = new FileTransport(new LineFile(path, 'always'), {
      ...LINES,
      format: formatOf('distribution.v1'),
    });
    expect(await transport.post({ ...envelope(1), sequences: [], test: true })).toEqual(TAKEN);
    expect(readFileSync(path, 'utf8')).toBe('');
    transport.close();
  });

  it('takes nothing after it is closed', async () => {
    const transport = open();
    transport.close();
    expect(await transport.post(envelope(1))).toEqual({ kind: 'abandoned' });
  });
});

describe('the standard output as an endpoint', () => {
  it('gets each event as a line, and survives a reader that went away', async () => {
    const written: string[] = [];
    let broken = false;
    const output = new Writable({
      autoDestroy: false,
      write: (chunk, _encoding, done) => {
        if (broken) return done(new Error('EPIPE'));
        written.push(String(chunk));
        done();
      },
    });
    const transport = new OutputTransport(output, LINES);
    expect(await transport.post(envelope(1, 2))).toEqual(TAKEN);
    expect(written.join('')).toMatch(/^(?:\{[^\n]+\}\n){2}$/);
    broken = true;
    expect(await transport.post(envelope(3))).toMatchObject({ kind: 'unanswered', fault: 'file' });
    transport.close();
  });
});
