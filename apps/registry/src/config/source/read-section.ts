import { closestTo } from '../schema/closest.js';
import { type KeySchema, keysOf, type SectionClass } from '../schema/section-schema.js';
import { kindOf, type Mismatch, type ScalarKind, type ValueKind } from '../schema/value-kind.js';
import type { ConfigPath } from './config-path.js';
import { isMapping, type Mapping, plainValue, SourcedScalar } from './config-tree.js';
import { fileOf, type SecretReferences } from './secret-reference.js';

/** What reading needs beside the text. */
export interface ReadingContext {
  readonly references: SecretReferences;
  readonly report: (path: ConfigPath, mismatch: Mismatch) => void;
}

/**
 * Makes the instance of a section from what the file says: defaults stay where it says nothing, references to secrets are looked up.
 *
 * Reports unknown keys, and sections that are something else. Values are put in unchecked; class-validator judges them on the instance.
 */
export function readSection<Read extends object>(
  section: new () => Read,
  mapping: Mapping,
  path: ConfigPath,
  context: ReadingContext,
): Read {
  const instance = new section();
  const keys = keysOf(section);
  for (const [key, raw] of Object.entries(mapping)) {
    const schema = keys.get(key);
    if (schema === undefined) {
      context.report([...path, key], unknownKey(key, keys));
      continue;
    }
    const value = readKey(schema, raw, [...path, key], context);
    if (value !== undefined) {
      Reflect.set(instance, key, value);
    }
  }
  return instance;
}

function readKey(schema: KeySchema, raw: unknown, path: ConfigPath, context: ReadingContext): unknown {
  if ((raw === null || raw === undefined) && schema.presenceCounts !== true) {
    return undefined;
  }
  switch (schema.holds) {
    case 'section':
      return schema.orList && Array.isArray(raw)
        ? readSections(schema.section(), 'a mapping of keys', raw, path, context)
        : readMapping(schema.section(), raw ?? {}, 'a mapping of keys', path, context);
    case 'sections':
      return readSections(schema.section(), `${schema.what}: a mapping of keys`, raw, path, context);
    case 'refused':
      return plainValue(raw);
    default:
      return schema.isUnset?.(plainValue(raw)) === true
        ? undefined
        : readValue(schema.kind, raw, path, context);
  }
}

function readSections(
  section: SectionClass,
  expected: string,
  raw: unknown,
  path: ConfigPath,
  context: ReadingContext,
): unknown {
  if (!Array.isArray(raw)) {
    context.report(path, { expected: `a list, each item ${expected}`, found: kindOf(plainValue(raw)) });
    return undefined;
  }
  return raw.map((item: unknown, index) => readMapping(section, item, expected, [...path, index], context));
}

function readMapping(
  section: SectionClass,
  raw: unknown,
  expected: string,
  path: ConfigPath,
  context: ReadingContext,
): object | undefined {
  if (isMapping(raw)) {
    return readSection(section, raw, path, context);
  }
  context.report(path, { expected, found: kindOf(plainValue(raw)) });
  return undefined;
}

function readValue(kind: ValueKind, raw: unknown, path: ConfigPath, context: ReadingContext): unknown {
  if (kind.shape === 'scalar') {
    return readScalar(kind, raw, path, context);
  }
  const { of } = kind;
  if (kind.shape === 'list' && Array.isArray(raw)) {
    return raw.map((item: unknown, index) => readValue(of, item, [...path, index], context));
  }
  if (kind.shape === 'map' && isMapping(raw)) {
    // A name with nothing behind it is a name not set, as everywhere else.
    const entries = Object.entries(raw).filter(([, item]) => item !== null);
    return Object.fromEntries(
      entries.map(([key, item]) => [key, readValue(of, item, [...path, key], context)]),
    );
  }
  return plainValue(raw);
}

function readScalar(kind: ScalarKind, raw: unknown, path: ConfigPath, context: ReadingContext): unknown {
  const written = raw instanceof SourcedScalar && kind.numbersAsText ? raw.source : plainValue(raw);
  if (kind.secret === 'no' || typeof written !== 'string') {
    return kind.settle?.(written) ?? written;
  }
  if (kind.keepsFiles === true && fileOf(written) !== undefined) {
    return written;
  }
  const reading = context.references.resolve(written);
  if (!reading.ok) {
    context.report(path, reading.mismatch);
    return undefined;
  }
  return reading.value;
}

function unknownKey(key: string, keys: ReadonlyMap<string, KeySchema>): Mismatch {
  const known = [...keys].filter(([, schema]) => schema.holds !== 'refused').map(([name]) => name);
  const closest = closestTo(key, known);
  const hint = closest === undefined ? '' : ` (did you mean ${closest}?)`;
  return { expected: `one of ${known.toSorted().join(', ')}${hint}`, found: 'an unknown key' };
}
