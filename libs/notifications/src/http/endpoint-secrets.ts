/** Shortest part of a path that is taken for a secret by itself: shorter ones are words. */
const MIN_PART_LENGTH = 8;

/**
 * What of an endpoint's URL may be seen nowhere but on the wire: the user information, the path, each long part of it, the query, and
 * each of its values. Servers name in their answers what they did not find, and seldom the whole URL.
 */
export function urlSecrets({ username, password, pathname, search, searchParams }: URL): readonly string[] {
  const parts = pathname.split('/').filter(({ length }) => length >= MIN_PART_LENGTH);
  const path = pathname === '/' ? [] : [pathname];
  return [
    username,
    password,
    pathname + search,
    ...path,
    ...parts,
    search.slice(1),
    ...searchParams.values(),
  ].filter((text) => text !== '' && text !== '/');
}

/** What of a header's value is a secret: all of it, and credentials without their scheme, those of Basic also in plain text. */
export function headerSecrets(value: string): readonly string[] {
  const [, scheme = '', credentials] = /^([\w-]+) +(\S.*)$/.exec(value) ?? [];
  if (credentials === undefined) return [value];
  if (scheme.toLowerCase() !== 'basic') return [value, credentials];
  const plain = Buffer.from(credentials, 'base64').toString('utf8');
  return [value, credentials, plain, ...plain.split(':', 1), plain.slice(plain.indexOf(':') + 1)];
}
