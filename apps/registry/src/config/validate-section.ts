import { type ValidationError, validateSync } from 'class-validator';

import { keysOf, type KeySchema, MOST_SECTIONS, type SectionClass } from './schema/section-schema.js';
import { mismatchesOf, type Mismatch, type PlacedMismatch, placedBelow } from './schema/value-kind.js';
import type { ConfigPath } from './source/config-path.js';

/** Reports every value of a section, and of the sections in it, that its key does not allow. */
export function validateSection(
  section: object,
  report: (path: ConfigPath, mismatch: Mismatch) => void,
): void {
  const errors = validateSync(section, { whitelist: true, forbidNonWhitelisted: true });
  for (const { at, expected, found } of errors.flatMap((error) => mismatchesOfError(error, []))) {
    report(at, { expected, found });
  }
}

function mismatchesOfError(error: ValidationError, parent: ConfigPath): PlacedMismatch[] {
  const path = [...parent, Array.isArray(error.target) ? Number(error.property) : error.property];
  const schema = error.constraints && schemaOf(error);
  const own = schema ? mismatchesOfKey(schema, error.value) : [];
  return [
    ...placedBelow(path, own),
    ...(error.children ?? []).flatMap((child) => mismatchesOfError(child, path)),
  ];
}

function schemaOf({ target, property }: ValidationError): KeySchema | undefined {
  return target && keysOf(target.constructor as SectionClass).get(property);
}

function mismatchesOfKey(schema: KeySchema, value: unknown): PlacedMismatch[] {
  switch (schema.holds) {
    case 'value':
      return mismatchesOf(schema.kind, value);
    case 'refused':
      return [{ at: [], expected: `none: ${schema.reason}`, found: 'a setting' }];
    default:
      return [{ at: [], expected: `at most ${MOST_SECTIONS} of them`, found: 'more' }];
  }
}
