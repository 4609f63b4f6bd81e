import type { Digest } from '@herald/storage';

/** Whether an `If-None-Match` names this content (RFC 9110 §13.1.2). Upstream's clients send the digest with or without quotes. */
export function matchesEtag(header: string | undefined, digest: Digest): boolean {
  if (header === undefined) return false;
  return header.split(',').some((entry) => {
    const tag = entry
      .trim()
      .replace(/^W\//, '')
      .replace(/^"(.*)"$/, '$1');
    return tag === digest || tag === '*';
  });
}
