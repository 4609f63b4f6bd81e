import { basicCredentials } from '../basic-credentials.js';
import { environmentProxy, type Environment } from './proxy-environment.js';

/** A proxy that an endpoint is reached by. */
export interface Proxy {
  /** Without credentials. */
  readonly url: URL;
  /** `Proxy-Authorization`, when it has credentials. */
  readonly authorization: string | undefined;
  /** The variable of the environment that names it; undefined when the settings do. */
  readonly variable: string | undefined;
}

/** The proxy of an endpoint, or the variable that should name one and does not. */
export type ProxyChoice = Proxy | { readonly unusable: string } | undefined;

/** Whether a text is what `proxy` may be. */
export function isProxySetting(value: unknown): value is string {
  return value === 'none' || value === 'environment' || (typeof value === 'string' && isProxyUrl(value));
}

/**
 * The proxy for requests to a URL.
 *
 * @param setting `none`, `environment`, or the URL of a proxy
 */
export function proxyFor(target: URL, setting: string, environment: Environment): ProxyChoice {
  if (setting === 'none') return undefined;
  if (setting !== 'environment') return proxyOf(setting, undefined);
  const found = environmentProxy(target, environment);
  if (found === undefined) return undefined;
  const text = found.value.includes('://') ? found.value : `http://${found.value}`;
  return isProxyUrl(text) ? proxyOf(text, found.variable) : { unusable: found.variable };
}

/** Header values of a proxy that must be seen nowhere. */
export function proxySecrets(proxy: ProxyChoice): readonly string[] {
  const authorization = proxy !== undefined && 'url' in proxy ? proxy.authorization : undefined;
  return authorization === undefined ? [] : [authorization];
}

function isProxyUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, pathname, search, hash } = new URL(text);
  const bare = /^\/?$/.test(pathname) && search === '' && hash === '';
  return (protocol === 'http:' || protocol === 'https:') && hostname !== '' && bare;
}

function proxyOf(text: string, variable: string | undefined): Proxy {
  const url = new URL(text);
  const authorization = basicCredentials(url);
  url.username = '';
  url.password = '';
  return { url, authorization, variable };
}
