/** A client of a registry that makes events: pushes of small blobs, or pulls of one. */
import { createHash, randomBytes } from 'node:crypto';
import { Pool } from 'undici';

const CONNECTIONS = 16;

export class Client {
  #pool;

  constructor(url) {
    this.#pool = new Pool(url, { connections: CONNECTIONS, pipelining: 1 });
  }

  /** Pushes so many small blobs, each to the next of so many repositories. Gives the events made per second. */
  async push(events, repositories) {
    return this.#timed(events, (index) => this.pushOne(`bench/repository-${index % repositories}`));
  }

  /** Pushes one blob. Gives its digest, and when its last request was sent and answered (ns of the system's monotonic clock). */
  async pushOne(repository) {
    const content = randomBytes(64);
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    const { headers } = await this.#request('POST', `/v2/${repository}/blobs/uploads/`, 202);
    const { pathname, searchParams } = new URL(headers.location, 'http://registry');
    searchParams.set('digest', digest);
    const sentAt = process.hrtime.bigint();
    await this.#request('PUT', `${pathname}?${searchParams}`, 201, content);
    return { digest, sentAt, answeredAt: process.hrtime.bigint() };
  }

  /** Pulls one blob so often: cheaper events, for a registry that pushes slowly. Gives the events made per second. */
  async pull(events, { repository, digest }) {
    return this.#timed(events, () => this.#request('GET', `/v2/${repository}/blobs/${digest}`, 200));
  }

  /** Pushes a manifest of one small blob. Gives its digest. */
  async pushManifest(repository) {
    const blob = (size) => this.pushOne(repository).then(({ digest }) => ({ digest, size }));
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    const config = { mediaType: 'application/vnd.oci.image.config.v1+json', ...(await blob(64)) };
    const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar', ...(await blob(64)) };
    const manifest = JSON.stringify({ schemaVersion: 2, mediaType, config, layers: [layer] });
    const response = await this.#request(
      'PUT',
      `/v2/${repository}/manifests/bench`,
      201,
      manifest,
      mediaType,
    );
    return response.headers['docker-content-digest'];
  }

  pullManifest(repository, digest) {
    return this.#request('GET', `/v2/${repository}/manifests/${digest}`, 200);
  }

  close() {
    return this.#pool.close();
  }

  async #timed(events, make) {
    const started = performance.now();
    let next = 0;
    const work = async () => {
      while (next < events) await make(next++);
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, work));
    return (events * 1_000) / (performance.now() - started);
  }

  async #request(method, path, expected, body, mediaType = 'application/octet-stream') {
    const headers = body === undefined ? {} : { 'content-type': mediaType };
    const response = await this.#pool.request({ method, path, headers, body });
    const text = await response.body.text();
    if (response.statusCode !== expected) {
      throw new Error(`${method} was answered ${response.statusCode}: ${text.slice(0, 200)}`);
    }
    return response;
  }
}
