import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventJson } from './event-json.js';
import { formatOf } from './format.js';
import type { RegistryEvent } from './registry-event.js';
import { upstreamLayout } from './upstream-layout.js';

interface Golden {
  readonly webhooks: readonly { readonly endpoint: string; readonly rawBody: string }[];
}

const GOLDEN = join(import.meta.dirname, '../../../../test/golden');
const bodies = readdirSync(GOLDEN)
  .filter((file) => file.endsWith('.json'))
  .flatMap((file) =>
    (JSON.parse(readFileSync(join(GOLDEN, file), 'utf8')) as Golden).webhooks.map(
      ({ endpoint, rawBody }, index) => ({ name: `${file} ${endpoint} #${index}`, rawBody }),
    ),
  );

describe("a request in Distribution's own layout", () => {
  it('has captures to be compared with', () => {
    expect(bodies.length).toBeGreaterThan(40);
  });

  it.each(bodies)('is byte for byte what docker-registry sent: $name', ({ rawBody }) => {
    const [event] = (JSON.parse(rawBody) as { events: [RegistryEvent] }).events;
    const record = {
      sequence: 1,
      id: event.id,
      lane: event.target.repository,
      type: 'registry.manifest.push',
      timeMs: 0,
      data: eventJson(event),
    };
    const { body } = formatOf('distribution.v1', { layout: 'upstream' }).encode([record], { sequences: [1] });
    expect(body).toBe(rawBody);
  });

  it("escapes as Go's encoder does, and only inside strings", () => {
    const value = {
      'k<': 'a<b>&c\u2028\u2029',
      'q"': 'tab\t line\n back\\b quote" ü \u0001 \b\f',
      n: [1.5, true, null],
    };
    expect(upstreamLayout(JSON.stringify(value))).toBe(
      [
        '{',
        '   "k\\u003c": "a\\u003cb\\u003e\\u0026c\\u2028\\u2029",',
        '   "q\\"": "tab\\t line\\n back\\\\b quote\\" ü \\u0001 \\u0008\\u000c",',
        '   "n": [',
        '      1.5,',
        '      true,',
        '      null',
        '   ]',
        '}',
      ].join('\n'),
    );
  });

  it('writes half a surrogate pair as the replacement character', () => {
    expect(upstreamLayout(JSON.stringify('\ud800 \ud83d\ude00'))).toBe('"\ufffd \ud83d\ude00"');
  });

  it('keeps what is empty on its line, and ends without a newline', () => {
    expect(upstreamLayout('{"a":{},"b":[],"c":[{},[]]}')).toBe(
      '{\n   "a": {},\n   "b": [],\n   "c": [\n      {},\n      []\n   ]\n}',
    );
  });
});
