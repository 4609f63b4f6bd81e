import { describe, expect, it } from 'vitest';

import { isEmptySetting, SourcedScalar, valueAt, withValueAt } from './config-tree.js';

describe('the tree of settings', () => {
  it('is never changed: anchors let one mapping stand in several places', () => {
    const shared = { actions: ['pull'] };
    const before = { endpoints: [{ ignore: shared }, { ignore: shared }] };
    const after = withValueAt(before, ['endpoints', 0, 'ignore', 'actions', 1], 'push');
    expect(after).toEqual({
      endpoints: [{ ignore: { actions: ['pull', 'push'] } }, { ignore: { actions: ['pull'] } }],
    });
    expect(shared).toEqual({ actions: ['pull'] });
  });

  it('grows the containers that a path needs, and never replaces what stands in the way', () => {
    expect(withValueAt(undefined, ['a', 0, 'b'], 1)).toEqual({ a: [{ b: 1 }] });
    expect(withValueAt({ a: null }, ['a', 'b'], 1)).toEqual({ a: { b: 1 } });
    expect(withValueAt({ a: 5 }, ['a', 'b'], 1)).toBeUndefined();
    expect(withValueAt({ a: [] }, ['a', 'b'], 1)).toBeUndefined();
    expect(withValueAt({ a: {} }, ['a', 0], 1)).toBeUndefined();
  });

  it('holds what was put into it, and nothing that JavaScript adds', () => {
    const tree = withValueAt({}, ['__proto__', 'polluted'], true);
    expect(valueAt(tree, ['__proto__', 'polluted'])).toBe(true);
    expect(valueAt({}, ['constructor'])).toBeUndefined();
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  it('configures nothing where all in it is empty or off', () => {
    const empty = [
      undefined,
      null,
      '',
      false,
      {},
      [],
      { a: { b: null, c: [new SourcedScalar(false, 'no')] } },
    ];
    expect(empty.every(isEmptySetting)).toBe(true);
    expect(
      [0, 'x', true, [[1]], { a: { b: 'c' } }, new SourcedScalar(true, 'yes')].some(isEmptySetting),
    ).toBe(false);
  });
});
