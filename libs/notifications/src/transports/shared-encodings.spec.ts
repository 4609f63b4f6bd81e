import { describe, expect, it } from 'vitest';
import { formatOf } from '../event/format.js';
import type { LogRecord } from '../event-log/log-record.js';
import { SharedEncodings } from './shared-encodings.js';

function record(sequence: number): LogRecord {
  const data = JSON.stringify({ id: `id-${sequence}` });
  return { sequence, id: `id-${sequence}`, lane: 'x', type: 'registry.blob.pushed', timeMs: 0, data };
}

describe('the encoding of an envelope', () => {
  const records = [record(1), record(2), record(3)];
  const format = formatOf('distribution.v1');

  it('is made once for endpoints that stand at the same place', () => {
    const shared = new SharedEncodings();
    const first = shared.encode(format, records, 'distribution.v1');
    expect(first.body.toString()).toBe('{"events":[{"id":"id-1"},{"id":"id-2"},{"id":"id-3"}]}');
    expect(shared.encode(formatOf('distribution.v1'), [...records], 'distribution.v1')).toBe(first);
  });

  it('is not that of other events, or of another format', () => {
    const shared = new SharedEncodings();
    shared.encode(format, records, 'distribution.v1');
    expect(shared.encode(format, records.slice(1), 'distribution.v1').body.toString()).toBe(
      '{"events":[{"id":"id-2"},{"id":"id-3"}]}',
    );
    const indented = shared.encode(formatOf('distribution.v1', { layout: 'upstream' }), [record(1)], 'other');
    expect(indented.body.toString()).not.toBe(
      shared.encode(format, [record(1)], 'distribution.v1').body.toString(),
    );
  });

  it('is forgotten when others were made since', () => {
    const shared = new SharedEncodings();
    const first = shared.encode(format, records, 'distribution.v1');
    for (let sequence = 4; sequence < 8; sequence += 1)
      shared.encode(format, [record(sequence)], 'distribution.v1');
    expect(shared.encode(format, records, 'distribution.v1')).not.toBe(first);
  });
});
