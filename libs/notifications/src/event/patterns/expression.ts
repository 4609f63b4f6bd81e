import { Automaton, type PatternNode } from './automaton.js';
import { characterClass, escaped, exactly } from './character-class.js';
import { PatternError } from './pattern.error.js';

const CLASS = /\[(?<body>\^?(?:\\.|[^\\\]])*)\]/sy;
const QUANTIFIER = /(?:(?<sign>[*+?])|\{(?<min>\d{1,4})(?<comma>,(?<max>\d{1,4})?)?\})(?<lazy>\??)/y;
const GROUP = /\((?:\?:)?/y;

/** Bounds the parser's own recursion. */
const MAX_DEPTH = 20;

/**
 * A regular expression that is searched for in a text: literals, `.`, classes, `\d \w \s` and their capitals, groups, `|`, `* + ? {n,m}`,
 * `^` and `$`. What needs backtracking (references, looking around) is refused; what only says how much to take (`*?`) changes nothing
 * about whether there is a match, and is accepted.
 *
 * @throws PatternError `PATTERN_INVALID`, `PATTERN_TOO_LARGE`
 */
export function compileExpression(source: string): (text: string) => boolean {
  const automaton = new Automaton(new ExpressionParser(source).parse());
  return (text) => automaton.finds(text);
}

class ExpressionParser {
  #at = 0;
  #depth = 0;

  constructor(private readonly source: string) {}

  parse(): PatternNode {
    const node = this.#choice();
    if (this.#at < this.source.length) throw invalid('a ) closes nothing');
    return node;
  }

  #choice(): PatternNode {
    const nodes = [this.#sequence()];
    while (this.#take('|')) nodes.push(this.#sequence());
    return nodes.length === 1 && nodes[0] ? nodes[0] : { kind: 'choice', nodes };
  }

  #sequence(): PatternNode {
    const nodes: PatternNode[] = [];
    while (this.#at < this.source.length && !'|)'.includes(this.#peek())) nodes.push(this.#quantified());
    return { kind: 'sequence', nodes };
  }

  #quantified(): PatternNode {
    const node = this.#atom();
    const groups = this.#match(QUANTIFIER);
    if (groups === undefined) return node;
    if (node.kind === 'edge') throw invalid('^ and $ cannot be repeated');
    const { sign, min, comma, max } = groups;
    if (sign !== undefined)
      return { kind: 'repeat', node, min: sign === '+' ? 1 : 0, max: sign === '?' ? 1 : Infinity };
    const least = Number(min);
    const most = comma === undefined ? least : Number(max ?? Infinity);
    if (most < least) throw invalid('{n,m} runs backwards');
    return { kind: 'repeat', node, min: least, max: most };
  }

  #atom(): PatternNode {
    const character = this.#peek();
    if (character === '(') return this.#group();
    if (character === '[') return this.#class();
    if ('*+?{}]'.includes(character)) throw invalid(`${character} needs something before it, or a \\`);
    this.#at += 1;
    if (character === '^') return { kind: 'edge', edge: 'start' };
    if (character === '$') return { kind: 'edge', edge: 'end' };
    if (character === '.') return { kind: 'one', of: () => true };
    if (character !== '\\') return { kind: 'one', of: exactly(character) };
    const next = this.#peek();
    this.#at += 1;
    return { kind: 'one', of: escaped(next) };
  }

  #group(): PatternNode {
    this.#match(GROUP);
    if (this.#peek() === '?') throw invalid('looking around and named groups are not supported');
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new PatternError('PATTERN_TOO_LARGE', 'nests more than a filter may');
    const node = this.#choice();
    if (!this.#take(')')) throw invalid('a ( is not closed');
    this.#depth -= 1;
    return node;
  }

  #class(): PatternNode {
    const groups = this.#match(CLASS);
    if (groups === undefined) throw invalid('a [ is not closed');
    return { kind: 'one', of: characterClass(groups['body'] ?? '') };
  }

  #peek(): string {
    return this.source.charAt(this.#at);
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at += 1;
    return true;
  }

  /** The pattern's groups if it matches here, and goes behind it. */
  #match(pattern: RegExp): Readonly<Record<string, string | undefined>> | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.source);
    if (found === null) return undefined;
    this.#at = pattern.lastIndex;
    return found.groups ?? {};
  }
}

function invalid(message: string): PatternError {
  return new PatternError('PATTERN_INVALID', message);
}
