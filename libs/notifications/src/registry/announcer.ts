import { Logger } from '@nestjs/common';
import type { EventEmitter2 } from '@nestjs/event-emitter';
import type { WriteBatch } from '@herald/database';
import { StorageError, type Alongside, type RepositoryName, type Served } from '@herald/storage';
import { emitRegistryEvent } from '../event/domain-events.js';
import type { EventLog } from '../event-log/event-log.js';
import type { EventDraft } from '../event-log/log-record.js';
import { NotificationsError } from '../notifications.error.js';
import type { BridgedEvent, EventBridge } from './bridge.js';
import type { EventOrigin, Origin } from './event-origin.js';

/** Events that one call adds to a batch: a manifest may take any number of tags with it. */
const MAX_APPENDED = 1_000;

/** Brings what happens in the repositories into the log, and to the subscribers in this process. */
export class Announcer {
  readonly #logger = new Logger('NotificationsListener');

  constructor(
    private readonly bridge: EventBridge,
    private readonly origin: EventOrigin,
    private readonly log: Pick<EventLog, 'append' | 'offer'>,
    private readonly emitter: EventEmitter2,
  ) {}

  /**
   * What joins the batch of a mutation that begins now: its events, and a word to the subscribers when they are durable. Whose call it
   * is, is asked at once; the batch may be built much later, and more than once.
   */
  alongside(origin: Origin = this.origin.current()): Alongside {
    return (change, batch) => {
      const bridged = this.bridge.changed(change, origin);
      for (let at = 0; at < bridged.length; at += MAX_APPENDED) {
        this.#append(
          batch,
          bridged.slice(at, at + MAX_APPENDED).map(({ draft }) => draft),
        );
      }
      batch.afterCommit(() => {
        for (const { event } of bridged) this.#emit(event);
      });
    };
  }

  /** A read that was answered. The answer is out: nothing that goes wrong here may be seen by anybody but the operator. */
  served(repository: RepositoryName, served: Served): void {
    try {
      const bridged = this.bridge.served(repository, served, this.origin.current());
      if (bridged === undefined) return;
      this.log.offer(bridged.draft);
      this.#emit(bridged.event);
    } catch (error) {
      this.#logger.error('a pull could not be recorded', stackOf(error));
    }
  }

  /** @throws StorageError `UNAVAILABLE` when the change must not happen because it could not be told */
  #append(batch: WriteBatch, drafts: readonly EventDraft[]): void {
    try {
      this.log.append(batch, ...drafts);
    } catch (error) {
      if (!(error instanceof NotificationsError) || error.code !== 'BACKLOG_FULL') throw error;
      throw new StorageError('UNAVAILABLE', error.message, { cause: error });
    }
  }

  #emit(event: BridgedEvent['event']): void {
    emitRegistryEvent(this.emitter, event).catch((error: unknown) => {
      this.#logger.error(`a subscriber to ${event.type} failed`, stackOf(error));
    });
  }
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined;
}
