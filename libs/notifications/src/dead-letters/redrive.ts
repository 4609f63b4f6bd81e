import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Clock } from '../delivery/clock.js';
import { EventLog } from '../event-log/event-log.js';
import { ProgressStore } from '../event-log/progress-store.js';
import { Broadcaster } from '../sinks/broadcaster.js';
import type { EndpointSink, Redelivery } from '../sinks/endpoint-sink.js';
import { DeadLetters, type StoredLetter } from './dead-letters.js';

/** ms until an endpoint that cannot be sent to, or failed, is looked at again. */
const RETRY_MS = 2_000;

/** Requests that may fail over one event of a letter before the letter is left where it is. */
const MAX_FAILURES = 5;

/**
 * Sends dead letters again, for each endpoint one event after another, beside its live events and only while it works: a breaker that is
 * not closed, a pause and a retirement hold it. What is to be sent stands in the database, so that a restart goes on. A request carries
 * `Herald-Replay` with the job's name and no number, since it is outside the order (guarantee G4).
 */
@Injectable()
export class Redrive implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('Redrive');
  readonly #running = new Map<string, Promise<void>>();
  /** Endpoints of which letters were marked since they were last looked for. */
  readonly #asked = new Set<string>();
  readonly #timers = new Map<string, () => void>();
  readonly #failures = new Map<number, number>();
  #stopListening: (() => void) | undefined;
  #stopped = false;

  constructor(
    private readonly letters: DeadLetters,
    private readonly broadcaster: Broadcaster,
    private readonly log: EventLog,
    private readonly progress: ProgressStore,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.#stopListening = this.letters.onRedrive(() => this.#wake());
    this.#wake();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopped = true;
    this.#stopListening?.();
    for (const cancel of this.#timers.values()) cancel();
    await Promise.all(this.#running.values());
  }

  #wake(): void {
    for (const sink of this.broadcaster.endpoints) this.#start(sink);
  }

  #start(sink: EndpointSink): void {
    if (this.#stopped) return;
    this.#asked.add(sink.name);
    if (!this.#running.has(sink.name)) this.#running.set(sink.name, this.#work(sink));
  }

  async #work(sink: EndpointSink): Promise<void> {
    const { name } = sink;
    this.#timers.get(name)?.();
    let next: 'done' | 'later' = 'done';
    // Whoever asks while the last letter is looked for must not be forgotten.
    while (next === 'done' && this.#asked.delete(name))
      next = await this.#run(sink).catch(() => 'later' as const);
    this.#running.delete(name);
    if (next === 'done' || this.#stopped) return;
    this.#timers.set(
      name,
      this.clock.setTimer(RETRY_MS, () => this.#start(sink)),
    );
  }

  /** @throws DatabaseError */
  async #run(sink: EndpointSink): Promise<'done' | 'later'> {
    for (;;) {
      const letter = await this.letters.nextToRedrive(sink.name);
      if (letter === undefined) return 'done';
      const { state, breaker } = sink.metrics;
      if (this.#stopped || state !== 'active' || breaker !== 'closed') return 'later';
      if (!(await this.#send(sink, letter))) return 'later';
    }
  }

  /** One event of a letter. False when the endpoint should be left alone for a while. */
  async #send(sink: EndpointSink, letter: StoredLetter): Promise<boolean> {
    const { id, firstSequence, lastSequence, count, redrive = '' } = letter;
    const record = await this.#next(sink, letter);
    if (record === undefined) {
      // What is left of the range is not wanted any more.
      sink.lettersGone([id], count, 'given-up');
      await this.progress.flush();
      return true;
    }
    const redelivery = await sink.redeliver(record, redrive);
    if (redelivery.outcome.kind !== 'delivered') return this.#failed(sink, letter, redelivery);
    this.#failures.delete(id);
    const last = record.sequence >= lastSequence || count <= 1;
    if (!last) await this.letters.advance({ ...letter, firstSequence }, record.sequence);
    sink.lettersGone(last ? [id] : [], last ? count : 1, 'delivered');
    await this.progress.flush();
    return true;
  }

  async #next(sink: EndpointSink, { firstSequence, lastSequence, lane, eventId }: StoredLetter) {
    let after = firstSequence - 1;
    while (after < lastSequence) {
      const records = await this.log.read(after, 100);
      const within = records.filter(({ sequence }) => sequence <= lastSequence);
      const found = within.find(
        (record) =>
          eventId !== undefined || (sink.wants(record) && (lane === undefined || record.lane === lane)),
      );
      if (found !== undefined || within.length === 0) return found;
      after = within.at(-1)?.sequence ?? lastSequence;
    }
    return undefined;
  }

  async #failed(sink: EndpointSink, letter: StoredLetter, { outcome, result }: Redelivery): Promise<boolean> {
    if (outcome.kind === 'abandoned' || outcome.kind === 'again') return outcome.kind === 'again';
    const failures = (this.#failures.get(letter.id) ?? 0) + 1;
    this.#failures.set(letter.id, failures);
    if (outcome.kind !== 'event-fault' && failures < MAX_FAILURES) return false;
    this.#failures.delete(letter.id);
    const last = result.kind === 'answered' ? { lastStatus: result.status, lastAnswer: result.text } : {};
    await this.letters.refuse({ ...letter, attempts: letter.attempts + failures }, last);
    this.#logger.warn(
      `endpoint ${sink.name} (${sink.origin}) did not take dead letter ${letter.id} again: it stays`,
      {
        endpoint: sink.name,
      },
    );
    return true;
  }
}
