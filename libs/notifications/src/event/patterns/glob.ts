import { Automaton, type PatternNode } from './automaton.js';

const WILDCARD = /\*\*|[*?]/;
const WILDCARDS = /\*\*|[*?]|[^*?]/gs;

/** Whether a text has wildcards at all; without, it is compared. */
export function isGlob(text: string): boolean {
  return WILDCARD.test(text);
}

/**
 * A glob over the whole text: `*` is any characters but the separator, `**` any characters at all, `?` one that is no separator.
 *
 * @throws PatternError `PATTERN_TOO_LARGE`
 */
export function compileGlob(glob: string, separator: string): (text: string) => boolean {
  const within = separator.charCodeAt(0);
  const nodes: PatternNode[] = [{ kind: 'edge', edge: 'start' }];
  for (const [part] of glob.matchAll(WILDCARDS)) nodes.push(node(part, within));
  nodes.push({ kind: 'edge', edge: 'end' });
  const automaton = new Automaton({ kind: 'sequence', nodes });
  return (text) => automaton.finds(text);
}

function node(part: string, separator: number): PatternNode {
  const noSeparator: PatternNode = { kind: 'one', of: (code) => code !== separator };
  switch (part) {
    case '**':
      return { kind: 'repeat', node: { kind: 'one', of: () => true }, min: 0, max: Infinity };
    case '*':
      return { kind: 'repeat', node: noSeparator, min: 0, max: Infinity };
    case '?':
      return noSeparator;
    default: {
      const literal = part.charCodeAt(0);
      return { kind: 'one', of: (code) => code === literal };
    }
  }
}
