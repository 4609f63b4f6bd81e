import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { Clock, EventLog, EventPages, type EventQuery } from '@herald/notifications';
import { RegistryError } from '../../http/registry-error.js';
import { eventView } from './event-view.js';

/** Readers that may follow at once. */
const MOST_READERS = 32;

/** ms after which a line without meaning is sent, so that nobody takes the connection for dead. */
const HEARTBEAT_MS = 15_000;

/** Which events a reader follows. */
export type FeedFilter = Omit<EventQuery, 'after'>;

/** Follows the log by server-sent events (WHATWG HTML, "Server-sent events"): the sequence is the event's id there. */
@Injectable()
export class EventFeed implements BeforeApplicationShutdown {
  readonly #readers = new Set<ServerResponse>();

  constructor(
    private readonly log: EventLog,
    private readonly pages: EventPages,
    private readonly clock: Clock,
  ) {}

  /** Lets every reader go: the last id that it saw tells it where to go on. */
  beforeApplicationShutdown(): void {
    for (const reader of this.#readers) reader.end();
  }

  /**
   * Writes events to a response until its reader goes away, as fast as it reads. Without `after`, from now on. A reader that is so slow
   * that retention overtakes it is cut off: where it goes on it is told that it is too late.
   *
   * @throws RegistryError `UNAVAILABLE` before anything is written, when too many follow already
   */
  async follow(response: ServerResponse, after: number | undefined, filter: FeedFilter): Promise<void> {
    if (this.#readers.size >= MOST_READERS)
      throw new RegistryError('UNAVAILABLE', 'too many readers follow the log');
    this.#readers.add(response);
    const wake = new Wake();
    response.once('close', () => wake.up());
    const stopListening = this.log.onAppended(() => wake.up());
    try {
      let position = after ?? (await this.log.head());
      response.writeHead(200, {
        'Content-Type': 'text/event-stream',
        'Cache-Control': 'no-store',
        'Herald-Log': this.log.uuid,
      });
      response.flushHeaders();
      while (isOpen(response)) {
        const next = await this.#write(response, { ...filter, after: position });
        if (next !== position) position = next;
        else await this.#wait(response, wake);
      }
    } catch {
      // The answer is on its way: cutting it is the only way left to say that it is not whole.
      response.destroy();
    } finally {
      stopListening();
      this.#readers.delete(response);
    }
  }

  async #write(response: ServerResponse, query: EventQuery): Promise<number> {
    const { records, upTo, oldest } = await this.pages.page(query);
    if (isTooLate(query.after, oldest)) throw new Error('events that were to follow are gone');
    for (const record of records) {
      if (!isOpen(response)) return upTo;
      const text = `id: ${record.sequence}\nevent: ${record.type.replaceAll(/[\r\n]/g, ' ')}\ndata: ${JSON.stringify(eventView(record))}\n\n`;
      if (!response.write(text)) await drained(response);
    }
    return upTo;
  }

  async #wait(response: ServerResponse, wake: Wake): Promise<void> {
    const cancel = this.clock.setTimer(HEARTBEAT_MS, () => {
      if (isOpen(response)) response.write(':\n\n');
      wake.up();
    });
    await wake.wait();
    cancel();
  }
}

/** Whether events after a sequence are not in the log any more. Sequences have no gaps. */
export function isTooLate(after: number, oldest: number): boolean {
  return after + 1 < oldest;
}

/** Remembers that it was called, so that nothing is missed between looking and waiting. */
class Wake {
  #called = false;
  #resolve: (() => void) | undefined;

  up(): void {
    this.#called = true;
    this.#resolve?.();
  }

  async wait(): Promise<void> {
    if (!this.#called) await new Promise<void>((resolve) => (this.#resolve = resolve));
    this.#resolve = undefined;
    this.#called = false;
  }
}

function isOpen(response: ServerResponse): boolean {
  return !response.writableEnded && !response.destroyed;
}

async function drained(response: ServerResponse): Promise<void> {
  const controller = new AbortController();
  const closed = once(response, 'close', { signal: controller.signal });
  const drain = once(response, 'drain', { signal: controller.signal });
  await Promise.race([drain, closed]).finally(() => controller.abort());
  await Promise.allSettled([drain, closed]);
}
