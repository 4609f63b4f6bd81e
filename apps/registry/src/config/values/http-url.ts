/** Longest URL that is accepted, in characters. */
const LONGEST_URL = 2_048;

/**
 * Reads an absolute http or https URL that names a host; undefined when it is none.
 *
 * Stricter than `URL` alone, which forgives `http:/host`, line breaks and spaces: a slip in a webhook's address has to stop the start.
 */
export function parseHttpUrl(text: string): URL | undefined {
  if (
    text.length > LONGEST_URL ||
    !/^https?:\/\/[^/?#\\\s]+[^\s\p{Cc}]*$/iu.test(text) ||
    !URL.canParse(text)
  ) {
    return undefined;
  }
  return new URL(text);
}

/** What may be shown of a URL: scheme and host. Path, query and user information may hold secrets. */
export function redactUrl(text: string): string {
  return parseHttpUrl(text)?.origin ?? '[redacted]';
}

/** Reads the registry's own public address: scheme and host, nothing behind them. Undefined when it is none. */
export function parseBaseUrl(text: string): string | undefined {
  const url = parseHttpUrl(text);
  const bare = url !== undefined && url.pathname === '/' && !/[?#@]/.test(text);
  return bare ? url.origin : undefined;
}

/** Reads a path prefix (`/pre`, `/pre/`, `/`) into its one form: empty, or without a slash at the end. Undefined when it is none. */
export function parsePathPrefix(text: string): string | undefined {
  const segments = text.split('/').filter((segment) => segment !== '');
  const legal = segments.every((segment) => /^[\w.~-]+$/.test(segment) && !/^\.\.?$/.test(segment));
  if (text !== '' && (!text.startsWith('/') || text.includes('//') || !legal)) {
    return undefined;
  }
  return segments.map((segment) => `/${segment}`).join('');
}
