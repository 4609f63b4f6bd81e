import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { EndpointTlsOptions, PemSource } from '../notifications.options.js';

/** What connections over TLS are made with, in PEM. */
export interface TlsMaterial {
  readonly ca?: readonly string[];
  readonly cert?: string;
  readonly key?: string;
}

/** Reads a text file; throws what `node:fs` throws. */
export type ReadText = (path: string) => string;

/** Something in the TLS settings that cannot be used; never what it holds. */
export interface TlsFault {
  readonly setting: 'ca' | 'cert' | 'key';
  readonly reason: string;
}

export type TlsReading =
  | { readonly ok: true; readonly material: TlsMaterial }
  | { readonly ok: false; readonly faults: readonly TlsFault[] };

const CERTIFICATE = 'must be a certificate in PEM';

/** Reads the certificates and the key, and sees whether they can be used and belong together. */
export function readTlsMaterial({ ca, cert, key }: EndpointTlsOptions, readText: ReadText): TlsReading {
  const faults: TlsFault[] = [];
  const attempt = <Value>(setting: TlsFault['setting'], work: () => Value): Value | undefined => {
    try {
      return work();
    } catch (error) {
      faults.push({ setting, reason: error instanceof TlsFaultError ? error.message : CERTIFICATE });
      return undefined;
    }
  };
  const authorities = attempt('ca', () => sourcesOf(ca).map((source) => certificate(source, readText)));
  const certificates = attempt('cert', () => cert && certificate(cert, readText));
  const privateKey = attempt('key', () => key && keyText(key, readText));
  if (faults.length === 0) attempt('key', () => assertPair(certificates, privateKey));
  if (faults.length > 0) return { ok: false, faults };
  return {
    ok: true,
    material: {
      ...(ca !== undefined && { ca: authorities ?? [] }),
      ...(certificates !== undefined && { cert: certificates }),
      ...(privateKey !== undefined && { key: privateKey }),
    },
  };
}

/** Files that the settings point to. */
export function tlsFilesOf({ ca, cert, key }: EndpointTlsOptions): readonly string[] {
  return [...sourcesOf(ca), ...sourcesOf(cert), ...sourcesOf(key)].flatMap((source) =>
    typeof source === 'string' ? [] : [source.file],
  );
}

class TlsFaultError extends Error {}

function sourcesOf(sources: PemSource | readonly PemSource[] | undefined): readonly PemSource[] {
  if (sources === undefined) return [];
  return Array.isArray(sources) ? (sources as readonly PemSource[]) : [sources as PemSource];
}

function certificate(source: PemSource, readText: ReadText): string {
  const pem = textOf(source, readText);
  // Throws unless the first of the chain is one; OpenSSL looks at all of them.
  void new X509Certificate(pem);
  return pem;
}

function keyText(source: PemSource, readText: ReadText): string {
  const pem = textOf(source, readText);
  try {
    createPrivateKey(pem);
    return pem;
  } catch {
    throw new TlsFaultError('must be a private key in PEM, without a passphrase');
  }
}

function assertPair(cert: string | undefined, key: string | undefined): void {
  if (cert === undefined && key === undefined) return;
  if (cert === undefined || key === undefined)
    throw new TlsFaultError('must come with cert, and cert with key');
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
    throw new TlsFaultError('must be the key of the certificate in cert');
}

function textOf(source: PemSource, readText: ReadText): string {
  if (typeof source === 'string') return source;
  try {
    return readText(source.file);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new TlsFaultError(`must be a file that can be read (${code})`);
  }
}
