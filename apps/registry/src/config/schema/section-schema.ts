import 'reflect-metadata';

import { ArrayMaxSize, IsOptional, ValidateBy, ValidateNested } from 'class-validator';

import { isEmptySetting } from '../source/config-tree.js';
import { mismatchesOf, type ValueKind } from './value-kind.js';

/** A section of the file: a class whose fields are its keys, with the defaults as their values. */
export type SectionClass = new () => object;

interface KeyOptions {
  /** Distribution's name of the field, where its environment variables use another one than the file. */
  readonly goName?: string;
  /** What a user should know about a key that is accepted and has no effect. */
  readonly noEffect?: string;
  /** Whether the key means something even with nothing behind it: `filesystem:` chooses a driver. */
  readonly presenceCounts?: boolean;
  /** Values that upstream takes for "not set": the default then holds. */
  readonly isUnset?: (value: unknown) => boolean;
}

interface SectionOptions extends KeyOptions {
  readonly orList?: boolean;
}

interface RefusedOptions extends KeyOptions {
  /** The keys below it that an environment variable may mean; all when absent. Anything else behind the name is somebody else's. */
  readonly keys?: readonly string[];
}

/** One key of a section: what may stand behind it. */
export type KeySchema = KeyOptions &
  (
    | { readonly holds: 'value'; readonly kind: ValueKind }
    | { readonly holds: 'section'; readonly section: () => SectionClass; readonly orList: boolean }
    | { readonly holds: 'sections'; readonly section: () => SectionClass; readonly what: string }
    | { readonly holds: 'refused'; readonly reason: string; readonly keys: readonly string[] | undefined }
  );

/** The most sections that one list holds. */
export const MOST_SECTIONS = 1_000;

const KEYS = Symbol('keys of a section of the configuration');

/** The keys of a section by their names in the file. */
export function keysOf(section: SectionClass): ReadonlyMap<string, KeySchema> {
  const keys: unknown = Reflect.getOwnMetadata(KEYS, section.prototype as object);
  return keys instanceof Map ? keys : new Map<string, KeySchema>();
}

/** A key with a value, a list of values or a mapping with free keys behind it. */
export function Key(kind: ValueKind, options: KeyOptions = {}): PropertyDecorator {
  const validate = (value: unknown): boolean => mismatchesOf(kind, value).length === 0;
  return declare({ holds: 'value', kind, ...options }, ValidateBy({ name: 'kind', validator: { validate } }));
}

/** A key with a section behind it. `orList`: or with a list of such sections. */
export function Section(section: () => SectionClass, options: SectionOptions = {}): PropertyDecorator {
  const { orList = false } = options;
  return declare({ ...options, holds: 'section', section, orList }, IsOptional(), ValidateNested());
}

/** A key with a list of sections behind it. `what`: one of them, in words. */
export function SectionList(
  section: () => SectionClass,
  what: string,
  options: KeyOptions = {},
): PropertyDecorator {
  const decorators = [IsOptional(), ArrayMaxSize(MOST_SECTIONS), ValidateNested({ each: true })];
  return declare({ holds: 'sections', section, what, ...options }, ...decorators);
}

/**
 * A key of Distribution that stops the start when it configures anything, because to ignore it would be wrong.
 *
 * @param reason what would go wrong, and what to do instead; it follows "is refused: "
 */
export function Refused(reason: string, options: RefusedOptions = {}): PropertyDecorator {
  const { keys, presenceCounts = false } = options;
  const validate = (value: unknown): boolean =>
    value === undefined || (!presenceCounts && isEmptySetting(value));
  return declare(
    { ...options, holds: 'refused', reason, keys },
    ValidateBy({ name: 'refused', validator: { validate } }),
  );
}

function declare(key: KeySchema, ...validators: PropertyDecorator[]): PropertyDecorator {
  return (target, property) => {
    const section = target.constructor as SectionClass;
    Reflect.defineMetadata(KEYS, new Map([...keysOf(section), [String(property), key]]), target);
    for (const validator of validators) {
      validator(target, property);
    }
  };
}
