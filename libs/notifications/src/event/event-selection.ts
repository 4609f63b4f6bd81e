import type { EventSelection } from '../notifications.options.js';
import { FilterError } from './filter.error.js';
import { compileExpression } from './patterns/expression.js';
import { compileGlob, isGlob } from './patterns/glob.js';
import { PatternError } from './patterns/pattern.error.js';
import type { RecordView } from './record-view.js';
import type { Action, TargetKind } from './registry-event.js';

type Judgement = (view: RecordView) => boolean;
type Field = keyof EventSelection;
type Test = (value: string) => boolean;

/** A field of a selection: what it looks at, and what its values may be. */
interface FieldRule {
  readonly of: (view: RecordView) => string | undefined;
  /** The only values there are. */
  readonly values?: readonly string[];
  /** Where `*` stops. */
  readonly separator?: string;
  readonly expressions?: boolean;
}

const ACTIONS: readonly Action[] = ['push', 'pull', 'mount', 'delete'];
const KINDS: readonly TargetKind[] = ['manifest', 'blob', 'tag', 'repository'];

/** In the order of what it costs to ask: the later ones parse the event. */
const FIELDS: Readonly<Record<Field, FieldRule>> = {
  actions: { of: (view) => view.action, values: ACTIONS },
  targets: { of: (view) => view.kind, values: KINDS },
  types: { of: (view) => view.type, separator: '.' },
  repositories: { of: (view) => view.repository },
  tags: { of: (view) => view.tag, expressions: true },
  mediaTypes: { of: (view) => view.mediaType },
  actors: { of: (view) => view.actor },
  artifactTypes: { of: (view) => view.artifactType },
};

const FIELD_NAMES = Object.keys(FIELDS) as Field[];

/** Longest value of a list. */
const MAX_LENGTH = 256;
/** Longest text that a pattern is tried on; tags have at most 128 characters, repositories 255. */
const MAX_SUBJECT_LENGTH = 1024;

/**
 * Whether one of the selections describes an event: each list that it has holds a value that fits. Selections come from configuration
 * files, so nothing of their shape is believed.
 *
 * @throws FilterError
 */
export function compileSelections(
  selections: EventSelection | readonly EventSelection[],
  path: string,
): Judgement {
  const judgements = isList(selections)
    ? selections.map((selection, index) => compileSelection(selection, `${path}[${index}]`))
    : [compileSelection(selections, path)];
  if (judgements.length === 0) throw new FilterError('FILTER_EMPTY', path, 'names no selection');
  return (view) => judgements.some((judgement) => judgement(view));
}

function compileSelection(selection: EventSelection, path: string): Judgement {
  if (typeof selection !== 'object' || selection === null)
    throw new FilterError('FILTER_INVALID', path, `must have some of ${FIELD_NAMES.join(', ')}`);
  const unknown = Object.keys(selection).find((field) => !Object.hasOwn(FIELDS, field));
  if (unknown !== undefined)
    throw new FilterError('FILTER_INVALID', `${path}.${unknown}`, `must be one of ${FIELD_NAMES.join(', ')}`);
  const fields = FIELD_NAMES.filter((field) => selection[field] !== undefined);
  if (fields.length === 0)
    throw new FilterError('FILTER_EMPTY', path, `must have some of ${FIELD_NAMES.join(', ')}`);
  const judgements = fields.map((field) =>
    compileField(FIELDS[field], selection[field] ?? [], `${path}.${field}`),
  );
  return (view) => judgements.every((judgement) => judgement(view));
}

function compileField(rule: FieldRule, values: readonly string[], path: string): Judgement {
  if (!Array.isArray(values)) throw new FilterError('FILTER_INVALID', path, 'must be a list');
  if (values.length === 0) throw new FilterError('FILTER_EMPTY', path, 'names no value');
  const exact = new Set<string>();
  const patterns: Test[] = [];
  for (const [index, value] of values.entries()) {
    const test = compileValue(rule, value, `${path}[${index}]`);
    if (test === undefined) exact.add(value);
    else patterns.push(test);
  }
  return (view) => {
    const value = rule.of(view);
    if (value === undefined) return false;
    if (exact.has(value)) return true;
    return value.length <= MAX_SUBJECT_LENGTH && patterns.some((matches) => matches(value));
  };
}

/** `undefined` for a value that is compared as it is. */
function compileValue(rule: FieldRule, value: string, path: string): Test | undefined {
  const { values, separator = '/', expressions = false } = rule;
  if (typeof value !== 'string') throw new FilterError('FILTER_INVALID', path, 'must be a text');
  if (values !== undefined && !values.includes(value))
    throw new FilterError('FILTER_VALUE_UNKNOWN', path, `must be one of ${values.join(', ')}`);
  if (value.length > MAX_LENGTH)
    throw new FilterError('PATTERN_TOO_LARGE', path, `must be at most ${MAX_LENGTH} characters`);
  try {
    if (expressions && value.startsWith('/')) return compileExpression(expressionIn(value));
    return isGlob(value) ? compileGlob(value, separator) : undefined;
  } catch (cause) {
    if (!(cause instanceof PatternError)) throw cause;
    throw new FilterError(cause.code, path, cause.message, { cause });
  }
}

function expressionIn(value: string): string {
  if (value.length < 3 || !value.endsWith('/'))
    throw new PatternError('PATTERN_INVALID', 'a regular expression stands between two slashes');
  return value.slice(1, -1);
}

function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}
