import type { IncomingHttpHeaders } from 'node:http';
import type { Digest } from '@herald/storage';

/** Whether an `If-None-Match` names this content (RFC 9110 §13.1.2). Upstream's clients send the digest with or without quotes. */
export function matchesEtag(header: string | undefined, digest: Digest): boolean {
  return tagsIn(header).some((tag) => tag === '*' || nameOf(tag.replace(/^W\//, '')) === digest);
}

/**
 * What a request that writes demands of the content that is there (RFC 9110 §13.1): `If-Match` for a change of what the client has
 * seen, `If-None-Match` for the first of it. `undefined` when it demands nothing. Entity tags here are strong, so a weak one never
 * matches `If-Match`.
 */
export function writeCondition(
  headers: IncomingHttpHeaders,
): ((current: Digest | undefined) => boolean) | undefined {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers;
  if (match === undefined && noneMatch === undefined) return undefined;
  const wanted = tagsIn(match);
  return (current) => {
    const isThere = current !== undefined;
    const isWanted = isThere && wanted.some((tag) => tag === '*' || nameOf(tag) === current);
    return (match === undefined || isWanted) && !(isThere && matchesEtag(noneMatch, current));
  };
}

function tagsIn(header: string | undefined): readonly string[] {
  return header === undefined ? [] : header.split(',').map((entry) => entry.trim());
}

function nameOf(tag: string): string {
  return tag.replace(/^"(.*)"$/, '$1');
}
