import { assert, constant, constantFrom, letrec, oneof, property, string, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileExpression } from './expression.js';
import { compileGlob, isGlob } from './glob.js';
import { PatternError } from './pattern.error.js';

describe('a glob', () => {
  it.each<[string, string, boolean]>([
    ['team/*', 'team/api', true],
    ['team/*', 'team/', true],
    ['team/*', 'team', false],
    ['team/*', 'team/api/v2', false],
    ['team/**', 'team/api/v2', true],
    ['**/api', 'team/deep/api', true],
    ['*-rc?', 'v1-rc2', true],
    ['*-rc?', 'v1-rc', false],
    ['v?', 'v/', false],
    ['a.c', 'abc', false],
    ['a+(b)[c]^$', 'a+(b)[c]^$', true],
    ['*a*b*', 'xaxbx', true],
    ['', '', true],
    ['a', 'ab', false],
  ])('%s on %s: %s', (glob, text, expected) => {
    expect(compileGlob(glob, '/')(text)).toBe(expected);
  });

  it('is told from a plain text by its wildcards', () => {
    expect([isGlob('team/api'), isGlob('team/*'), isGlob('v?')]).toEqual([false, true, true]);
  });
});

/** Expressions of the supported kind over a small alphabet, so that they often match. */
const expressions = letrec<{ node: string }>((tie) => ({
  node: oneof(
    { depthSize: 'small', withCrossShrink: true },
    constantFrom(
      'a',
      'b',
      '-',
      '.',
      String.raw`\d`,
      String.raw`\W`,
      '[ab]',
      '[^a-b]',
      String.raw`[\d.-]`,
      String.raw`\.`,
    ),
    tuple(tie('node'), tie('node')).map((parts) => parts.join('')),
    tuple(tie('node'), tie('node')).map(([a, b]) => `(?:${a}|${b})`),
    tie('node').map((node) => `(${node})`),
    tuple(tie('node'), constantFrom('*', '+', '?', '{2}', '{0,1}', '{1,}', '*?')).map(
      ([node, times]) => `(${node})${times}`,
    ),
    tie('node').map((node) => `^${node}`),
    tie('node').map((node) => `${node}$`),
    constant(''),
  ),
})).node;
const texts = string({ unit: constantFrom('a', 'b', '-', '.', '1'), maxLength: 8 });

describe('an expression', () => {
  it('finds what JavaScript finds', () => {
    assert(
      property(expressions, texts, (source, text) => {
        expect(compileExpression(source)(text)).toBe(new RegExp(source, 's').test(text));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each(['(a+)+$', '(a|a)*$', '(.*)*x', '(a*)*(a*)*(a*)*b', '(a?){100}a{100}'])(
    'takes no longer for a text that is made for it: %s',
    (source) => {
      const finds = compileExpression(source);
      const startedAt = performance.now();
      finds(`${'a'.repeat(127)}!`);
      // A backtracking engine needs longer than the universe has; this is hundreds of times what it takes.
      expect(performance.now() - startedAt).toBeLessThan(1_000);
    },
  );

  it.each([
    '(',
    ')',
    'a)',
    '(a',
    '[a',
    '*',
    'a**',
    '+a',
    '{2}',
    'a{2,1}',
    '^*',
    '(?=a)',
    '(?<!a)',
    '(?<n>a)',
    String.raw`(a)\1`,
    String.raw`\bword`,
    '\\',
    '[z-a]',
    String.raw`[\q]`,
    String.raw`\x41`,
  ])('is refused when it is wrong, or needs what is not supported: %s', (source) => {
    expect(() => compileExpression(source)).toThrow(PatternError);
  });

  it.each(['a{9999}', '(a{50}){50}', '('.repeat(30) + 'a' + ')'.repeat(30)])(
    'is refused when it is too large: %s',
    (source) => {
      expect(() => compileExpression(source)).toThrow(
        expect.objectContaining({ code: 'PATTERN_TOO_LARGE' }) as Error,
      );
    },
  );
});
