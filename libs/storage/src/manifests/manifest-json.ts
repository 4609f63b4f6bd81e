import { StorageError } from '../repository/storage.error.js';

/** A JSON object whose values nobody has looked at yet. */
export type Json = Readonly<Record<string, unknown>>;

/** A list; null is an empty one, because Go writes it so. @throws StorageError `MANIFEST_INVALID` */
export function list(value: unknown, where: string): readonly unknown[] {
  if (value === null) return [];
  if (!Array.isArray(value)) throw invalid(`${where} is not a list`);
  return value;
}

/** A string, or `undefined` for null and nothing. @throws StorageError `MANIFEST_INVALID` */
export function optionalString(value: unknown, where: string): string | undefined {
  if (isAbsent(value)) return undefined;
  if (typeof value !== 'string') throw invalid(`${where} is not a string`);
  return value;
}

/** A map of strings, or `undefined` for null and nothing. @throws StorageError `MANIFEST_INVALID` */
export function stringMap(value: unknown, where: string): Readonly<Record<string, string>> | undefined {
  if (isAbsent(value)) return undefined;
  if (!isObject(value) || !Object.values(value).every((entry) => typeof entry === 'string')) {
    throw invalid(`${where} is not a map of strings`);
  }
  return value as Readonly<Record<string, string>>;
}

export function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

export function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The refusal of a document that is no manifest of its kind. */
export function invalid(message: string): StorageError {
  return new StorageError('MANIFEST_INVALID', message);
}
