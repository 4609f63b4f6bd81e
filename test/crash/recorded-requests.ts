import type { Availability } from './availability.js';
import type { Answer, Connection, Request } from './connection.js';
import type { Fact } from './fact.js';
import type { Journal } from './journal.js';

/** How often a client asks again when it got no answer. */
const ATTEMPTS = 3;

/** Which answers a request may get from a registry that is well. */
export interface Expectation {
  /** It happened. */
  readonly success: number;
  /** It did not happen, and that can be: somebody deleted what it needs, or an earlier attempt had succeeded. */
  readonly others?: readonly number[];
  /** The upload session that it closes. */
  readonly closes?: string;
}

/** Sends requests and writes into the journal what it was told of each. */
export class RecordedRequests {
  constructor(
    private readonly connection: Connection,
    private readonly journal: Journal,
    private readonly availability: Availability,
  ) {}

  /** One attempt. @returns undefined when it was not answered */
  async once(
    fact: Fact | undefined,
    request: Request,
    { success, others = [], closes }: Expectation,
  ): Promise<Answer | undefined> {
    await this.availability.untilUp();
    const { journal } = this;
    const entry = journal.sent(fact, closes);
    const sentAtMs = Date.now();
    const answer = await this.connection.send(request, journal.userAgent(entry));
    if (answer === undefined) return undefined;
    const { status, body } = answer;
    if (status === success) journal.told(entry, 'acknowledged');
    else if (status < 500) journal.told(entry, 'refused');
    if (status === success && fact !== undefined) this.#saw(fact, answer, sentAtMs);
    const isExpected = status === success || others.includes(status) || (status === 503 && journal.stopping);
    if (!isExpected)
      journal.surprises.push(`${request.method} ${request.path} was answered ${status}: ${body.toString()}`);
    return answer;
  }

  /** An answer that names a content says that it is there. */
  #saw({ action, repository }: Fact, { headers }: Answer, sentAtMs: number): void {
    const digest = headers['docker-content-digest'];
    if (typeof digest === 'string' && action !== 'delete') this.journal.saw(repository, digest, sentAtMs);
  }

  /** Asks again, a few times, when no answer comes. */
  async insist(
    fact: Fact | undefined,
    request: Request,
    expectation: Expectation,
  ): Promise<Answer | undefined> {
    for (let attempt = 1; attempt < ATTEMPTS; attempt += 1) {
      const answer = await this.once(fact, request, expectation);
      if (answer !== undefined) return answer;
    }
    return this.once(fact, request, expectation);
  }
}
