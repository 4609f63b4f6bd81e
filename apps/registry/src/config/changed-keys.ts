import { isDeepStrictEqual } from 'node:util';

import { keysOf, type SectionClass } from './schema/section-schema.js';
import { type ConfigPath, formatPath } from './source/config-path.js';

/** Keys, by their paths, that say something else in one file than in another; values are compared, and never told. */
export function changedKeys(before: object, after: object, parent: ConfigPath = []): readonly string[] {
  return [...keysOf(before.constructor as SectionClass)].flatMap(([key, schema]) => {
    const [old, now]: readonly [unknown, unknown] = [Reflect.get(before, key), Reflect.get(after, key)];
    if (schema.noEffect !== undefined || isDeepStrictEqual(old, now)) return [];
    const path = [...parent, key];
    return schema.holds === 'section' && isSection(old) && isSection(now)
      ? changedKeys(old, now, path)
      : [formatPath(path)];
  });
}

function isSection(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
