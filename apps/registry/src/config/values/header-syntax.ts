/** Longest value of a header that is accepted, in characters. */
const LONGEST_HEADER_VALUE = 8_192;

/** They say where a body ends. A value from a file would cut or smuggle a request. */
const FRAMING = new Set(['content-length', 'transfer-encoding']);

/** Whether it can stand as the name of a header (RFC 9110 §5.1) that the configuration may set. */
export function isHeaderName(name: string): boolean {
  return /^[!#$%&'*+.^`|~\w-]{1,256}$/.test(name) && !FRAMING.has(name.toLowerCase());
}

/** Whether it can stand as the value of a header (RFC 9110 §5.5): no line break, no other control character. */
export function isHeaderValue(value: string): boolean {
  return value.length <= LONGEST_HEADER_VALUE && /^[\t\u0020-\u007E\u0080-\u00FF]*$/.test(value);
}
