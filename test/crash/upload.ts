import type { Content } from '../support/image.js';
import type { Answer } from './connection.js';
import type { Fact } from './fact.js';
import type { Journal } from './journal.js';
import type { RecordedRequests } from './recorded-requests.js';
import type { UploadWay } from './workload.js';

/** Chunks of one upload, at most. */
const CHUNKS = 3;

/** How often a client looks where a session stands after it lost the connection. */
const RESUMPTIONS = 4;

/** Brings one blob into one repository, over any number of crashes of the registry. */
export class Upload {
  readonly #fact: Fact;
  readonly #uploads: string;
  #location = '';
  #id = '';
  #offset = 0;
  #acknowledged = 0;

  constructor(
    private readonly requests: RecordedRequests,
    private readonly journal: Journal,
    repository: string,
    private readonly blob: Content,
  ) {
    this.#fact = { action: 'push', what: 'blob', repository, digest: blob.digest };
    this.#uploads = `/v2/${repository}/blobs/uploads/`;
  }

  async run(way: UploadWay): Promise<void> {
    if (way === 'at-once') await this.#atOnce();
    else if (await this.open()) await this.#finish(way === 'chunked' ? CHUNKS : 0);
  }

  /** Begins a session. False when no session is known afterwards. */
  async open(): Promise<boolean> {
    const opened = await this.requests.once(
      undefined,
      { method: 'POST', path: this.#uploads },
      { success: 202 },
    );
    if (opened === undefined) this.journal.unansweredSessions += 1;
    this.#location = opened?.headers.location ?? '';
    this.#id = String(opened?.headers['docker-upload-uuid'] ?? '');
    if (this.#id !== '') this.journal.sessions.set(this.#id, 'open');
    return this.#id !== '';
  }

  /** Sends the first half of the blob. */
  async half(): Promise<void> {
    await this.#append(Math.ceil(this.blob.bytes.length / 2));
  }

  async cancel(): Promise<void> {
    const request = { method: 'DELETE', path: this.#location };
    const answer = await this.requests.once(undefined, request, { success: 204, others: this.#others });
    if (answer?.status === 204) this.journal.sessions.set(this.#id, 'ended');
  }

  async #atOnce(): Promise<void> {
    const path = `${this.#uploads}?digest=${this.blob.digest}`;
    for (let attempt = 0; attempt < RESUMPTIONS; attempt += 1) {
      const answer = await this.requests.once(
        this.#fact,
        { method: 'POST', path, body: this.blob.bytes },
        { success: 201 },
      );
      if (answer !== undefined) return;
      this.journal.unansweredSessions += 1;
    }
  }

  async #finish(chunks: number): Promise<void> {
    for (let resumption = 0; resumption < RESUMPTIONS; resumption += 1) {
      const answer = await this.#rest(chunks);
      if (answer !== undefined) {
        if (answer.status === 201) this.journal.sessions.set(this.#id, 'ended');
        return;
      }
      if (!(await this.#resume())) return;
    }
  }

  /** Everything that is missing, and the end. @returns the last answer, undefined when one was missing */
  async #rest(chunks: number): Promise<Answer | undefined> {
    const { length } = this.blob.bytes;
    const chunkBytes = Math.ceil(length / chunks);
    while (Number.isFinite(chunkBytes) && this.#offset < length) {
      const answer = await this.#append(this.#offset + chunkBytes);
      if (answer?.status !== 202) return answer;
    }
    const separator = this.#location.includes('?') ? '&' : '?';
    const path = `${this.#location}${separator}digest=${this.blob.digest}`;
    const request = { method: 'PUT', path, ...this.#piece(length) };
    // A session that is unknown has ended, and the answer that said so was lost.
    return this.requests.once(this.#fact, request, { success: 201, others: this.#others, closes: this.#id });
  }

  async #append(end: number): Promise<Answer | undefined> {
    const upTo = Math.min(end, this.blob.bytes.length);
    const request = { method: 'PATCH', path: this.#location, ...this.#piece(upTo) };
    const answer = await this.requests.once(undefined, request, { success: 202, others: this.#others });
    if (answer?.status === 202) {
      this.#offset = upTo;
      this.#acknowledged = upTo;
    }
    return answer;
  }

  /** Asks how far the session came. False when it is not known any more. */
  async #resume(): Promise<boolean> {
    const request = { method: 'GET', path: this.#location };
    const answer = await this.requests.insist(undefined, request, { success: 204, others: this.#others });
    if (answer?.status !== 204) return false;
    const [, end] = (answer.headers.range ?? '0-0').split('-');
    // An empty session says `0-0` too: no chunk here is one byte long.
    this.#offset = end === '0' ? 0 : Number(end) + 1;
    if (this.#offset < this.#acknowledged && !this.journal.forgetsUploads) {
      this.journal.losses.push(
        `upload ${this.#id} has ${this.#offset} bytes of ${this.#acknowledged} that were acknowledged`,
      );
    }
    return true;
  }

  /** 404: another attempt was faster. After a power loss the session may have fewer bytes than its client believes. */
  get #others(): readonly number[] {
    return this.journal.forgetsUploads ? [400, 404, 416] : [404];
  }

  #piece(end: number): { readonly headers?: Record<string, string>; readonly body?: Uint8Array } {
    const body = this.blob.bytes.subarray(this.#offset, end);
    if (body.length === 0) return {};
    return { headers: { 'content-range': `${this.#offset}-${end - 1}` }, body };
  }
}
