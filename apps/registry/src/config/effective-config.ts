import { keysOf, type KeySchema, type SectionClass } from './schema/section-schema.js';
import type { ScalarKind, ValueKind } from './schema/value-kind.js';
import { isEmptySetting, isMapping } from './source/config-tree.js';
import { redactUrl } from './values/http-url.js';

/** What stands where a secret is not shown. */
const REDACTED = '[redacted]';

/**
 * A section as it is in effect, in the shape and names of the file: defaults filled in, keys without effect left out, each secret redacted
 * (of a URL, scheme and host are shown). Hidden is by kind of key, so that a new key cannot be forgotten here.
 */
export function effectiveConfig(section: object): Record<string, unknown> {
  const keys = [...keysOf(section.constructor as SectionClass)];
  const shown = keys.map(([key, schema]) => [key, showKey(schema, Reflect.get(section, key))] as const);
  return Object.fromEntries(shown.filter(([, value]) => value !== undefined));
}

function showKey(schema: KeySchema, value: unknown): unknown {
  if (value === undefined || schema.noEffect !== undefined || schema.holds === 'refused') {
    return undefined;
  }
  switch (schema.holds) {
    case 'section': {
      if (Array.isArray(value)) {
        return value.map((item: object) => effectiveConfig(item));
      }
      const section = effectiveConfig(value as object);
      return Object.keys(section).length === 0 ? undefined : section;
    }
    case 'sections':
      return (value as object[]).map(effectiveConfig);
    default:
      return isMapping(value) && isEmptySetting(value) ? undefined : showValue(schema.kind, value);
  }
}

function showValue(kind: ValueKind, value: unknown): unknown {
  if (kind.shape === 'scalar') {
    return showScalar(kind, value);
  }
  const { of } = kind;
  if (kind.shape === 'list') {
    return (value as unknown[]).map((item) => showValue(of, item));
  }
  return Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, showValue(of, item)]));
}

function showScalar({ secret, words }: ScalarKind, value: unknown): unknown {
  if (words?.includes(String(value)) === true) return value;
  const hidden = { no: (): unknown => value, whole: () => REDACTED, url: () => redactUrl(String(value)) };
  return hidden[secret]();
}
