import type { Content } from '../support/image.js';
import { OCI_MANIFEST } from '../support/image.js';
import type { Connection } from './connection.js';
import type { Availability } from './availability.js';
import type { Fact } from './fact.js';
import type { Journal } from './journal.js';
import { RecordedRequests } from './recorded-requests.js';
import { Upload } from './upload.js';
import { build, type ImagePlan, type Operation, type Workload } from './workload.js';

/** A client that works until it is told to stop, as clients do: it waits for a registry that is down, and goes on where it stood. */
export class Client {
  readonly #requests: RecordedRequests;
  #stopping = false;

  constructor(
    private readonly workload: Workload,
    private readonly journal: Journal,
    private readonly connection: Connection,
    availability: Availability,
  ) {
    this.#requests = new RecordedRequests(connection, journal, availability);
  }

  /** Resolves after {@link stop}, when the operation that was under way has ended. */
  async run(): Promise<void> {
    while (!this.#stopping) await this.#perform(this.workload.next());
    this.connection.close();
  }

  stop(): void {
    this.#stopping = true;
  }

  async #perform(operation: Operation): Promise<void> {
    switch (operation.kind) {
      case 'push-image':
        for (const blob of build(operation.image).blobs) {
          await this.#upload(operation.image, blob).run(operation.way);
        }
        return this.#putManifest(operation.image, operation.tag);
      case 'push-blob':
        return this.#upload(operation.image, firstLayer(operation.image)).run(operation.way);
      case 'tag':
        return this.#putManifest(operation.image, operation.tag);
      case 'mount':
        return this.#mount(operation.image, operation.into);
      case 'pull':
        return this.#pull(operation.repository, operation.tag);
      case 'cancel-upload':
      case 'abandon-upload':
        return this.#leave(operation.image, operation.kind === 'cancel-upload');
      default:
        return this.#delete(operation);
    }
  }

  #upload({ repository }: ImagePlan, blob: Content): Upload {
    return new Upload(this.#requests, this.journal, repository, blob);
  }

  async #putManifest(image: ImagePlan, tag: string | undefined): Promise<void> {
    const { repository } = image;
    const { manifest, blobs } = build(image);
    const { digest, bytes } = manifest;
    this.journal.references.set(
      digest,
      blobs.map((blob) => blob.digest),
    );
    const fact: Fact = { action: 'push', what: 'manifest', repository, digest, ...(tag && { tag }) };
    const path = `/v2/${repository}/manifests/${tag ?? digest}`;
    const request = { method: 'PUT', path, headers: { 'content-type': OCI_MANIFEST }, body: bytes };
    // 400: another client deleted a blob of it, or it took longer than the grace and collection did.
    await this.#requests.insist(fact, request, { success: 201, others: [400] });
  }

  async #mount(image: ImagePlan, into: string): Promise<void> {
    const { digest } = firstLayer(image);
    const from = image.repository;
    const fact: Fact = { action: 'mount', what: 'blob', repository: into, digest, from };
    const path = `/v2/${into}/blobs/uploads/?mount=${digest}&from=${encodeURIComponent(from)}`;
    const answer = await this.#requests.once(fact, { method: 'POST', path }, { success: 201, others: [202] });
    if (answer === undefined) this.journal.unansweredSessions += 1;
    // What cannot be mounted is to be uploaded: a session that this client leaves to itself.
    if (answer?.status === 202) {
      this.journal.sessions.set(String(answer.headers['docker-upload-uuid']), 'open');
    }
  }

  async #delete(operation: Operation & { kind: `delete-${string}` }): Promise<void> {
    const { fact, path } = deletion(operation);
    // 404: it never came to be, another client was faster, or the answer to an earlier attempt was lost.
    await this.#requests.insist(fact, { method: 'DELETE', path }, { success: 202, others: [404] });
  }

  async #pull(repository: string, tag: string): Promise<void> {
    const fact: Fact = { action: 'pull', what: 'manifest', repository, tag };
    const path = `/v2/${repository}/manifests/${tag}`;
    const answer = await this.#requests.once(fact, { method: 'GET', path }, { success: 200, others: [404] });
    if (answer?.status !== 200) return;
    const { layers } = JSON.parse(answer.body.toString()) as { layers: readonly { digest: string }[] };
    for (const { digest } of layers) {
      const blob: Fact = { action: 'pull', what: 'blob', repository, digest };
      const request = { method: 'GET', path: `/v2/${repository}/blobs/${digest}` };
      await this.#requests.once(blob, request, { success: 200, others: [404] });
    }
  }

  async #leave(image: ImagePlan, cancel: boolean): Promise<void> {
    const upload = this.#upload(image, firstLayer(image));
    if (!(await upload.open())) return;
    await upload.half();
    if (cancel) await upload.cancel();
  }
}

function firstLayer(image: ImagePlan): Content {
  const { blobs, manifest } = build(image);
  return blobs[1] ?? manifest;
}

function deletion(operation: Operation & { kind: `delete-${string}` }): { fact: Fact; path: string } {
  if (operation.kind === 'delete-tag') {
    const { repository, tag } = operation;
    const fact: Fact = { action: 'delete', what: 'tag', repository, tag };
    return { fact, path: `/v2/${repository}/manifests/${tag}` };
  }
  const { repository } = operation.image;
  const what = operation.kind === 'delete-blob' ? 'blob' : 'manifest';
  const { digest } = what === 'blob' ? firstLayer(operation.image) : build(operation.image).manifest;
  return {
    fact: { action: 'delete', what, repository, digest },
    path: `/v2/${repository}/${what}s/${digest}`,
  };
}
