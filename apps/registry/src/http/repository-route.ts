/**
 * Routes that name a repository, by what stands behind the name. A name contains slashes and may contain the very words of the routes
 * (`team/blobs/manifests` is legal), so the path is read from its right-hand end: the longest name that leaves a known tail. Whether a
 * slash ends it does not matter, as to the routes themselves: proxies add it and take it off.
 */
const REPOSITORY_ROUTE =
  /^\/v2\/(.+)\/((?:manifests\/[^/]+|blobs\/uploads(?:\/[^/]+)?|blobs\/[^/]+|tags\/list|_oci\/ext\/discover|referrers\/[^/]+)\/?)$/;

/** A path that no route has, for requests outside the prefix. */
const NOWHERE = '/-';

/**
 * Turns the URL of a request into one that ordinary routes can match: the prefix is taken off, and the slashes of the repository's
 * name are escaped, so that `/v2/:name/manifests/:reference` sees the name as one part. It must never throw (it runs before any error
 * handling), and so it decodes nothing.
 */
export function rewriteUrl(url: string, prefix: string): string {
  const question = url.indexOf('?');
  const path = question === -1 ? url : url.slice(0, question);
  const query = question === -1 ? '' : url.slice(question);
  const local = withoutPrefix(path, prefix);
  if (local === undefined) return NOWHERE;
  const [, name, tail] = REPOSITORY_ROUTE.exec(local) ?? [];
  if (name === undefined || tail === undefined) return local + query;
  return `/v2/${name.replaceAll('/', '%2F')}/${tail}${query}`;
}

function withoutPrefix(path: string, prefix: string): string | undefined {
  if (prefix === '') return path;
  if (path === prefix || path.startsWith(`${prefix}/`)) return path.slice(prefix.length) || '/';
  // Health and its kin are asked by machines that know nothing of the public path.
  return path.startsWith('/v2') ? undefined : path;
}
