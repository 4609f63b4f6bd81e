import type { Content, Image } from './image.js';

/** A client of one repository, by plain HTTP. Methods that are named after a success throw without it. */
export class RegistryClient {
  constructor(
    readonly root: string,
    readonly repository: string,
  ) {}

  /** Any request below the repository. */
  request(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.root}/v2/${this.repository}/${path}`, init);
  }

  /** A request to a Location that the registry gave. */
  at(location: string | null, init: RequestInit = {}): Promise<Response> {
    return fetch(new URL(location ?? '', this.root), init);
  }

  async pushBlob({ bytes, digest }: Content): Promise<void> {
    const session = await expectStatus(202, this.request('blobs/uploads/', { method: 'POST' }));
    const location = new URL(session.headers.get('location') ?? '', this.root);
    location.searchParams.set('digest', digest);
    await expectStatus(201, fetch(location, { method: 'PUT', body: new Uint8Array(bytes) }));
  }

  async pushManifest({ mediaType, bytes }: Content, reference: string): Promise<Response> {
    const headers = { 'Content-Type': mediaType };
    return expectStatus(
      201,
      this.request(`manifests/${reference}`, { method: 'PUT', headers, body: new Uint8Array(bytes) }),
    );
  }

  async pushImage({ blobs, manifest }: Image, tag: string): Promise<void> {
    for (const blob of blobs) await this.pushBlob(blob);
    await this.pushManifest(manifest, tag);
  }
}

export async function expectStatus(status: number, request: Promise<Response>): Promise<Response> {
  const response = await request;
  if (response.status !== status) {
    throw new Error(
      `${response.url} answered ${response.status} and not ${status}: ${await response.text()}`,
    );
  }
  return response;
}
