import { describe, expect, it } from 'vitest';

import { SourcedScalar } from './config-tree.js';
import { readYaml } from './yaml-source.js';

describe('the text of the configuration', () => {
  it('keeps the characters of numbers and flags', () => {
    const reading = readYaml('a: 0123\nb: true\n7: x');
    expect(reading.ok && reading.tree).toEqual({
      a: new SourcedScalar(123, '0123'),
      b: new SourcedScalar(true, 'true'),
      7: 'x',
    });
  });

  it('knows the line of each key and item', () => {
    const reading = readYaml('a:\n  b:\n    - c: 1\n\n    - d: 2\n');
    const lines = [['a'], ['a', 'b'], ['a', 'b', 1, 'd'], ['a', 'b', 1, 'missing'], ['z']].map(
      (path) => reading.ok && reading.lineOf(path),
    );
    expect(lines).toEqual([1, 2, 5, 5, undefined]);
  });

  it('merges anchors as Distribution does', () => {
    const reading = readYaml('base: &base {timeout: 1s}\nmine: {<<: *base, url: x}');
    expect(reading.ok && reading.tree).toMatchObject({ mine: { timeout: '1s', url: 'x' } });
  });

  it.each([
    ['a: "hunter2\n', 'a missing character, such as a closing quote or bracket'],
    ['a: *hunter2', 'deeper nesting, or an alias that is unknown, contains itself or too much'],
    ['hunter2: 1\nhunter2: 2', 'a key that stands there twice'],
    ['a: 1\n\tb: hunter2', 'a tab as indentation'],
    ['a: 1\n---\nb: hunter2', 'a second document'],
    ['a: b: hunter2', 'two keys in one line'],
  ])('is refused without a quote of it: %j', (text, found) => {
    const reading = readYaml(text);
    expect(reading.ok).toBe(false);
    expect(!reading.ok && reading.faults.map((fault) => fault.found)).toContain(found);
    expect(JSON.stringify(reading)).not.toContain('hunter2');
  });

  it.each([
    ['an anchor that contains itself', 'a: &a [*a]'],
    ['nesting without end', '['.repeat(50_000)],
    ['deep nesting', `${'['.repeat(40)}${']'.repeat(40)}`],
    ['a billion laughs', laughs()],
    ['megabytes', `a: ${'x'.repeat(1_100_000)}`],
  ])('survives %s', (_, text) => {
    expect(readYaml(text).ok).toBe(false);
  });
});

function laughs(): string {
  const lines = ['l0: &l0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level < 10; level += 1) {
    lines.push(`l${level}: &l${level} [${Array.from({ length: 10 }, () => `*l${level - 1}`).join(', ')}]`);
  }
  return lines.join('\n');
}
