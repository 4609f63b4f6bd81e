import type { CharacterSet } from './automaton.js';
import { PatternError } from './pattern.error.js';

type Range = readonly [first: number, last: number];

const DIGITS: readonly Range[] = [[0x30, 0x39]];
const WORD: readonly Range[] = [...DIGITS, [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]];
const SPACE: readonly Range[] = [
  [0x09, 0x0d],
  [0x20, 0x20],
];

/** Of `\d`, `\w` and `\s`, and in capitals what is not in them. */
const CLASSES: ReadonlyMap<string, readonly Range[]> = new Map([
  ['d', DIGITS],
  ['w', WORD],
  ['s', SPACE],
]);

function anyOf(ranges: readonly Range[]): CharacterSet {
  return (code) => ranges.some(([first, last]) => first <= code && code <= last);
}

function noneOf(set: CharacterSet): CharacterSet {
  return (code) => !set(code);
}

export function exactly(character: string): CharacterSet {
  const expected = character.charCodeAt(0);
  return (code) => code === expected;
}

/**
 * What `\` and this character stand for. A letter or digit that has no meaning here has another in other engines, and is refused.
 *
 * @throws PatternError `PATTERN_INVALID`
 */
export function escaped(character: string): CharacterSet {
  const ranges = CLASSES.get(character.toLowerCase());
  if (ranges !== undefined) {
    const set = anyOf(ranges);
    return character === character.toLowerCase() ? set : noneOf(set);
  }
  if (/^[a-z0-9]?$/i.test(character))
    throw new PatternError('PATTERN_INVALID', `\\${character} is not supported`);
  return exactly(character);
}

const MEMBER = /\\(?<escape>.)|(?<first>[^\\\]])(?:-(?<last>[^\\\]]))?/gsy;

/**
 * What is between `[` and `]`.
 *
 * @throws PatternError `PATTERN_INVALID`
 */
export function characterClass(body: string): CharacterSet {
  const negated = body.startsWith('^');
  const sets: CharacterSet[] = [];
  for (const { groups = {} } of body.slice(negated ? 1 : 0).matchAll(MEMBER)) {
    const { escape, first = '', last = first } = groups;
    if (escape === undefined && last < first)
      throw new PatternError('PATTERN_INVALID', 'a range of characters runs backwards');
    sets.push(escape === undefined ? anyOf([[first.charCodeAt(0), last.charCodeAt(0)]]) : escaped(escape));
  }
  const any: CharacterSet = (code) => sets.some((set) => set(code));
  return negated ? noneOf(any) : any;
}
