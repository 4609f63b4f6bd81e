import { validateHeaderName, validateHeaderValue } from 'node:http';
import { isIP } from 'node:net';
import { registerDecorator } from 'class-validator';

/** Longest wait in ms that a setting may ask for: what Node's timers take. */
export const MAX_WAIT_MS = 2 ** 31 - 1;

/** A property decorator around a plain question; the message never holds the value. */
export function Satisfies(
  name: string,
  holds: (value: unknown) => boolean,
  message: string,
): PropertyDecorator {
  return (target, property) => {
    registerDecorator({
      name,
      target: target.constructor,
      propertyName: String(property),
      options: { message },
      validator: { validate: holds },
    });
  };
}

export function isHttpUrl(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, hostname } = new URL(value);
  return (protocol === 'http:' || protocol === 'https:') && hostname !== '';
}

export function areHeaders(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).every(([name, values]) => Array.isArray(values) && isHeader(name, values));
}

function isHeader(name: string, values: readonly unknown[]): boolean {
  try {
    validateHeaderName(name);
    for (const value of values) validateHeaderValue(name, value as string);
    return values.every((value) => typeof value === 'string');
  } catch {
    return false;
  }
}

export function isPemSource(value: unknown): boolean {
  if (typeof value === 'string') return value !== '';
  return typeof value === 'object' && value !== null && 'file' in value && typeof value.file === 'string';
}

export function arePemSources(value: unknown): boolean {
  const sources: readonly unknown[] = Array.isArray(value) ? value : [value];
  return sources.length > 0 && sources.every(isPemSource);
}

/** SNI carries names alone: RFC 6066 §3. */
export function isHostName(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    isIP(value) === 0 &&
    /^(?=.{1,253}$)[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/i.test(value)
  );
}

export function isSchedule(value: unknown): boolean {
  if (value === 'standard' || value === 'distribution') return true;
  const isWait = (wait: unknown) =>
    Number.isInteger(wait) && Number(wait) >= 0 && Number(wait) <= MAX_WAIT_MS;
  return Array.isArray(value) && value.length > 0 && value.every(isWait);
}

export function isBeginning(value: unknown): boolean {
  return value === 'now' || value === 'oldest' || (Number.isSafeInteger(value) && Number(value) >= 1);
}

export function areUniqueNames(value: unknown): boolean {
  if (!Array.isArray(value)) return true;
  const names = value.map((endpoint: unknown) => (endpoint as { name?: unknown } | null)?.name);
  return new Set(names).size === names.length;
}
