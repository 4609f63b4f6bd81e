import { type Document, isMap, isScalar, isSeq, LineCounter, parseDocument, type Scalar, visit } from 'yaml';

import type { ConfigPath } from './config-path.js';
import { SourcedScalar } from './config-tree.js';

/** A piece of YAML: a whole file or the value of an environment variable. */
export type YamlReading =
  | { readonly ok: true; readonly tree: unknown; readonly lineOf: (path: ConfigPath) => number | undefined }
  | { readonly ok: false; readonly faults: readonly YamlFault[] };

/** Where text is not well-formed, in words of our own: the parser's quote the text, and with it perhaps a secret. */
export interface YamlFault {
  readonly line: number | undefined;
  readonly expected: string;
  readonly found: string;
}

/** Longest text that is parsed, in characters. */
const LONGEST_TEXT = 1_048_576;
/** Deepest nesting that is parsed. The format of the file needs ten levels. */
const DEEPEST = 32;
const MOST_ALIASES = 100;
const MOST_FAULTS = 20;

const MEANINGS: Readonly<Record<string, string>> = {
  BAD_ALIAS: 'an alias without a name',
  BAD_INDENT: 'an indentation that fits nothing',
  BLOCK_AS_IMPLICIT_KEY: 'two keys in one line',
  DUPLICATE_KEY: 'a key that stands there twice',
  MISSING_CHAR: 'a missing character, such as a closing quote or bracket',
  MULTIPLE_DOCS: 'a second document',
  TAB_AS_INDENT: 'a tab as indentation',
};

/** Parses YAML 1.2 (with `<<` merges, as Distribution reads them) into plain mappings, lists and values. Nothing in it is executed. */
export function readYaml(text: string): YamlReading {
  if (text.length > LONGEST_TEXT) {
    return {
      ok: false,
      faults: [{ line: undefined, expected: `at most ${LONGEST_TEXT} characters`, found: 'more' }],
    };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    merge: true,
    prettyErrors: false,
    logLevel: 'error',
  });
  if (document.errors.length > 0) {
    const faults = document.errors.slice(0, MOST_FAULTS).map(({ code, pos }) => ({
      line: lines.linePos(pos[0]).line,
      expected: 'well-formed YAML',
      found: MEANINGS[code] ?? 'something else',
    }));
    return { ok: false, faults };
  }
  keepSources(document);
  const tree = toTree(document);
  if (!tree.ok) {
    const found = 'deeper nesting, or an alias that is unknown, contains itself or too much';
    return {
      ok: false,
      faults: [{ line: undefined, expected: `at most ${DEEPEST} levels and good aliases`, found }],
    };
  }
  return { ok: true, tree: tree.value, lineOf: (path) => lineOf(document, lines, path) };
}

function toTree(document: Document): { readonly ok: true; readonly value: unknown } | { readonly ok: false } {
  try {
    const value: unknown = document.toJS({ maxAliasCount: MOST_ALIASES });
    return isShallow(value, DEEPEST) ? { ok: true, value } : { ok: false };
  } catch (error) {
    // The parser throws these for aliases that are unknown or expand too far, and for nesting beyond its stack.
    if (error instanceof ReferenceError || error instanceof RangeError) {
      return { ok: false };
    }
    throw error;
  }
}

function isShallow(value: unknown, levels: number): boolean {
  const isLeaf = typeof value !== 'object' || value === null || value instanceof SourcedScalar;
  return isLeaf || (levels > 0 && Object.values(value).every((child) => isShallow(child, levels - 1)));
}

/** Numbers and flags keep their source; keys are what is written, so that a key `0123` stays one. */
function keepSources(document: Document): void {
  visit(document, {
    Scalar(key, node: Scalar) {
      const { value, source } = node;
      if ((typeof value === 'number' || typeof value === 'boolean') && source !== undefined) {
        node.value = key === 'key' ? source : new SourcedScalar(value, source);
      }
    },
  });
}

/** The line of a key or list item; of the nearest one above it that the text has, when it came by an alias or is missing. */
function lineOf(document: Document, lines: LineCounter, path: ConfigPath): number | undefined {
  let node: unknown = document.contents;
  let offset: number | undefined;
  for (const step of path) {
    const child = childOf(node, step);
    if (child?.offset === undefined) {
      break;
    }
    ({ node, offset } = child);
  }
  return offset === undefined ? undefined : lines.linePos(offset).line;
}

function childOf(
  node: unknown,
  step: string | number,
): { node: unknown; offset: number | undefined } | undefined {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
    return pair && { node: pair.value, offset: isScalar(pair.key) ? pair.key.range?.[0] : undefined };
  }
  if (isSeq(node) && typeof step === 'number') {
    const item: unknown = node.items[step];
    return { node: item, offset: rangeStart(item) };
  }
  return undefined;
}

function rangeStart(node: unknown): number | undefined {
  return isMap(node) || isSeq(node) || isScalar(node) ? node.range?.[0] : undefined;
}
