import type { ByteRange } from '@herald/storage';

/** What a Range header asks of a content. */
export type RangeRequest =
  | { readonly kind: 'whole' }
  | { readonly kind: 'part'; readonly range: ByteRange }
  | { readonly kind: 'unsatisfiable' };

const WHOLE: RangeRequest = { kind: 'whole' };
/** One range of bytes; units are case-insensitive, and a list may have empty elements (RFC 9110 §5.6.1.2). */
const RANGE = /^bytes=[ \t,]*(\d*)-(\d*)[ \t,]*$/i;

/**
 * Reads a Range header by RFC 9110 §14: one range, open at either end. A range that ends before it begins is rejected (§14.2 lets a
 * server choose), because the specification's conformance suite takes the whole blob for a registry without ranges. Anything else,
 * several ranges included, is ignored as the RFC allows, and the whole is sent.
 */
export function readRange(header: string | undefined, sizeBytes: number): RangeRequest {
  const [match, from = '', to = ''] = RANGE.exec(header ?? '') ?? [];
  if (match === undefined || (from === '' && to === '')) return WHOLE;
  if (from === '') return suffix(Number(to), sizeBytes);
  const start = Number(from);
  const end = to === '' ? Infinity : Number(to);
  if (end < start || start >= sizeBytes) return { kind: 'unsatisfiable' };
  return { kind: 'part', range: { start, end: Math.min(end, sizeBytes - 1) } };
}

function suffix(length: number, sizeBytes: number): RangeRequest {
  if (length === 0 || sizeBytes === 0) return { kind: 'unsatisfiable' };
  return { kind: 'part', range: { start: Math.max(0, sizeBytes - length), end: sizeBytes - 1 } };
}
