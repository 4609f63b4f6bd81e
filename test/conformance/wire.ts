import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { createHash, randomBytes } from 'node:crypto';
import { content, descriptor, OCI_MANIFEST, type Content } from '../support/image.js';
import { expectStatus, type RegistryClient } from '../support/registry-client.js';

/** An answer as it was on the wire: headers untouched, and every byte of the body. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface WireRequest {
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Several pieces, or one without `Content-Length`, are sent with chunked transfer encoding. */
  readonly pieces?: readonly (string | Uint8Array)[];
}

/** A request that no client library tidies up. */
export function onWire(url: string, { method, headers = {}, pieces = [] }: WireRequest): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    request.on('error', reject);
    for (const piece of pieces) request.write(piece);
    request.end();
  });
}

/** Status and first code of a refusal. */
export async function refusal(request: Promise<Response>): Promise<readonly [number, string | undefined]> {
  const response = await request;
  const { errors } = (await response.json()) as { errors: { code: string; message: string }[] };
  return [response.status, errors[0]?.code];
}

/** Bytes that no other test has. */
export function fresh(sizeBytes = 64): Content {
  return content('application/octet-stream', randomBytes(sizeBytes));
}

export function sha512Of(bytes: Uint8Array): string {
  return `sha512:${createHash('sha512').update(bytes).digest('hex')}`;
}

/** Opens an upload, and gives its Location. */
export async function openUpload(client: RegistryClient, query = ''): Promise<string> {
  const answer = await expectStatus(202, client.request(`blobs/uploads/${query}`, { method: 'POST' }));
  return answer.headers.get('location') ?? '';
}

export function closing(location: string, digest: string): string {
  return `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`;
}

/** What a GET gives, whole. */
export async function bytesOf(response: Response): Promise<Buffer> {
  return Buffer.from(await response.arrayBuffer());
}

/** A manifest of a configuration that is in the repository, with any further fields. */
export async function pushedConfig(client: RegistryClient): Promise<Content> {
  const config = content(
    'application/vnd.oci.image.config.v1+json',
    `{"seed":"${randomBytes(8).toString('hex')}"}`,
  );
  await client.pushBlob(config);
  return config;
}

export function manifestOf(config: Content, fields: Readonly<Record<string, unknown>> = {}): Content {
  return content(
    OCI_MANIFEST,
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: descriptor(config),
      layers: [],
      ...fields,
    }),
  );
}
