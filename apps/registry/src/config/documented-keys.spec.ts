import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { keysOf, type KeySchema, type SectionClass } from './schema/section-schema.js';
import { RegistryFile } from './sections/registry-file.config.js';

interface Row {
  readonly keys: readonly string[];
  /** The column of defaults, and the whole row. */
  readonly defaults: string;
  readonly text: string;
}

interface KnownKey {
  readonly path: string;
  readonly schema: KeySchema;
  readonly preset: unknown;
}

/** Where the words of a page stand for keys of the file: below here, and not in it. */
const ENDPOINTS = 'notifications.endpoints.';
const MANUAL = readFileSync(new URL('../../../../docs/configuration.md', import.meta.url), 'utf8');
const [BEFORE = '', AFTER = ''] = MANUAL.split('## What is refused');
const ROWS = [
  ...rowsOf(BEFORE.split('### An endpoint')[0] ?? '', ''),
  ...rowsOf(between(BEFORE, '### An endpoint', '### Filters'), ENDPOINTS),
];

/** The keys of a section and of those below it: what a user can set. */
function valuesOf(section: SectionClass, prefix = ''): KnownKey[] {
  const presets = new section();
  return [...keysOf(section)].flatMap(([key, schema]) => {
    const path = prefix + key;
    if (schema.noEffect !== undefined || schema.holds === 'refused') return [];
    if (schema.holds === 'section' || schema.holds === 'sections')
      return valuesOf(schema.section(), `${path}.`);
    return [{ path, schema, preset: Reflect.get(presets, key) as unknown }];
  });
}

function between(text: string, from: string, to: string): string {
  return text.split(from)[1]?.split(to)[0] ?? '';
}

function rowsOf(text: string, prefix: string): Row[] {
  const rows = text.split('\n').filter((line) => line.startsWith('| ') && line.includes('`'));
  return rows.map((line) => {
    const [, names = '', defaults = ''] = line.split('|');
    return { keys: keysNamed(names).map((key) => prefix + key), defaults, text: line };
  });
}

/** What the first column of a row names; `.deny` behind `urls.allow` is `urls.deny`. */
function keysNamed(column: string): string[] {
  let last = '';
  return [...column.matchAll(/`([^`]+)`/g)].map(([, name = '']) => {
    last = name.startsWith('.') ? last.replace(/\.[^.]*$/, name) : name;
    return last;
  });
}

/** Whether a row stands for a key: by its name, or by the section that it is in, whose keys the row then tells. */
function tells({ keys, text }: Row, { path }: KnownKey): boolean {
  return keys.some(
    (key) => key === path || (path.startsWith(`${key}.`) && new RegExp(`\\b${lastOf(path)}\\b`).test(text)),
  );
}

function lastOf(path: string): string {
  return path.split('.').at(-1) ?? '';
}

/** The paths that are refused, or accepted without effect. */
function peculiar(section: SectionClass, prefix = ''): string[] {
  return [...keysOf(section)].flatMap(([key, schema]) => {
    if (schema.noEffect !== undefined || schema.holds === 'refused') return [prefix + key];
    return schema.holds === 'section' ? peculiar(schema.section(), `${prefix}${key}.`) : [];
  });
}

const KEYS = valuesOf(RegistryFile).filter(({ path }) => path !== 'version');

describe('the page on configuration', () => {
  const isSelection = ({ path }: KnownKey): boolean => /\.(?:only|except)\./.test(path);

  it('tells each key that the file may have', () => {
    const untold = KEYS.filter((key) => !isSelection(key) && !ROWS.some((row) => tells(row, key)));

    expect(untold.map(({ path }) => path)).toEqual([]);
  });

  it('tells each list that a filter may have', () => {
    const told = rowsOf(between(BEFORE, '### Filters', '### Addresses'), '').flatMap(({ keys }) => keys);
    const known = KEYS.filter(({ path }) => path.startsWith(`${ENDPOINTS}only.`)).map(({ path }) =>
      lastOf(path),
    );

    expect(told.toSorted()).toEqual(known.toSorted());
  });

  it('tells of no key that the file may not have', () => {
    const isKnown = (key: string): boolean =>
      KEYS.some(({ path }) => path === key || path.startsWith(`${key}.`));
    const unknown = ROWS.flatMap(({ keys }) => keys).filter((key) => !isKnown(key));

    expect(unknown).toEqual([]);
  });

  it('says the default that each key has', () => {
    const plain = KEYS.filter(({ preset }) => ['string', 'number', 'boolean'].includes(typeof preset));
    const silent = plain.filter((key) => {
      const row = ROWS.find((candidate) => tells(candidate, key));
      return row !== undefined && key.preset !== '' && !row.defaults.includes(String(key.preset));
    });

    expect(plain.length).toBeGreaterThan(50);
    expect(silent.map(({ path, preset }) => `${path}: ${String(preset)}`)).toEqual([]);
  });

  it('tells what is refused, and what is accepted without effect', () => {
    const isTold = (path: string): boolean =>
      [path, lastOf(path)].some((name) => AFTER.includes(`\`${name}\``));
    const untold = peculiar(RegistryFile).filter((path) => !isTold(path));

    expect(untold).toEqual([]);
  });
});
