import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Database, DatabaseError, WriteBatch, type Row } from '@herald/database';
import { Clock } from '../delivery/clock.js';
import { EventIds } from './event-ids.js';
import { eventBytes } from './event-size.js';
import type { EventDraft, LogRecord } from './log-record.js';
import { LossyBuffer } from './lossy-buffer.js';
import { logUuid } from './log-identity.js';
import { draftOf, type NewEvent } from './new-event.js';
import { NotificationsError } from '../notifications.error.js';

const COLUMNS = 'sequence, id, lane, type, time_ms, data, detail';
const APPEND =
  'INSERT INTO events (id, lane, type, time_ms, size_bytes, data, detail) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7';
// A conflict clause would use up a number although nothing is inserted.
const APPEND_ONCE = `${APPEND} WHERE NOT EXISTS (SELECT 1 FROM events WHERE id = ?1)`;

/** Bytes of records that one read brings into memory, as long as it is more than one record. */
const MAX_PAGE_BYTES = 4 * 1024 * 1024;

/** Columns of an event; other statements that read events use {@link recordOf} too. */
export interface EventRow extends Row {
  readonly sequence: number;
  readonly id: string;
  readonly lane: string;
  readonly type: string;
  readonly time_ms: number;
  readonly data: string;
  readonly detail: string | null;
}

/**
 * The append-only log of everything that happened, in the order of the commits. An event that joined a write batch is in the log
 * exactly when the rest of the batch is in the database.
 */
@Injectable()
export class EventLog implements OnApplicationShutdown {
  readonly #listeners = new Set<() => void>();
  readonly #buffer: LossyBuffer;
  #isWanted: (record: LogRecord) => boolean = () => true;
  #refuserOf: (record: LogRecord) => string | undefined = () => undefined;
  #shedAtBound = 0;
  /** The page that was read last: endpoints that stand at the same place share it. Records never change, so it is never stale. */
  #page: { readonly after: number; readonly records: readonly LogRecord[] } = { after: 0, records: [] };

  private constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly ids: EventIds,
    /** Names this log, for ever: a restored backup gets another. Sent as `Herald-Log`. */
    readonly uuid: string,
  ) {
    this.#buffer = new LossyBuffer(clock, (drafts) => this.#commitLossy(drafts));
  }

  /** The log of a database. @throws NotificationsError `OPTIONS_INVALID` when it has not this library's tables; DatabaseError */
  static async open(database: Database, clock: Clock, ids: EventIds): Promise<EventLog> {
    try {
      return new EventLog(database, clock, ids, await logUuid(database));
    } catch (error) {
      if (!(error instanceof DatabaseError) || error.code !== 'STATEMENT') throw error;
      const message =
        "the database has not the tables of the notifications: add notificationsMigrations to the migrations of the application's DatabaseModule";
      throw new NotificationsError('OPTIONS_INVALID', message, { cause: error });
    }
  }

  /** Events of reads that were shed since the start: the disk could not keep up, or an endpoint's backlog has reached its bound. */
  get shed(): number {
    return this.#buffer.shed + this.#shedAtBound;
  }

  /**
   * Adds events to a batch, in this order: they are committed with it or not at all. Buffered events of reads are handed to the
   * writer first, so that a pull never appears after a change that followed it.
   *
   * @throws NotificationsError `BACKLOG_FULL` when they are refused for the sake of an endpoint: the batch must not be committed then
   */
  append(batch: WriteBatch, ...events: readonly EventDraft[]): void {
    this.#assertRoom(events);
    this.#buffer.handOver();
    this.#add(batch, APPEND, events);
  }

  /** An application's event as {@link append} takes it. @throws NotificationsError `EVENT_INVALID`, `EVENT_TOO_LARGE` */
  draft(event: NewEvent): EventDraft {
    return draftOf(event, { id: () => this.ids.next(), nowMs: this.clock.now() });
  }

  /**
   * Appends an event of the application's own: durable when it resolves. An id that is in the log already changes nothing, so that a
   * caller who is not sure may publish again.
   *
   * @throws NotificationsError `EVENT_INVALID`, `EVENT_TOO_LARGE`, `BACKLOG_FULL`; DatabaseError when it cannot be stored
   */
  async publish(event: NewEvent): Promise<{ readonly id: string }> {
    const draft = this.draft(event);
    this.#assertRoom([draft]);
    const batch = new WriteBatch();
    this.#buffer.handOver();
    this.#add(batch, APPEND_ONCE, [draft]);
    await this.database.commit(batch);
    return { id: draft.id };
  }

  /**
   * Appends an event of a read, some ms later: nobody waits, and a crash or an overload may lose it (counted by {@link shed}). One that
   * nobody wants is not recorded.
   */
  offer(draft: EventDraft): void {
    const record = { ...draft, sequence: 0 };
    if (!this.#isWanted(record)) return;
    if (this.#refuserOf(record) === undefined) this.#buffer.offer(draft);
    else this.#shedAtBound += 1;
  }

  /** Of what is offered, only what somebody wants is recorded. Changes and published events always are. */
  keepOnly(isWanted: (record: LogRecord) => boolean): void {
    this.#isWanted = isWanted;
  }

  /** An event for which this names an endpoint is refused, for the sake of that endpoint; one of a read is shed. Asked for each: cheap. */
  refuseFor(refuserOf: (record: LogRecord) => string | undefined): void {
    this.#refuserOf = refuserOf;
  }

  /** Records after a sequence, in order. Fewer than `limit` may come at once; none means that there is none. */
  async read(after: number, limit: number): Promise<readonly LogRecord[]> {
    const { records } = this.#page;
    const last = records.at(-1);
    if (last !== undefined && this.#page.after <= after && after < last.sequence) {
      const from = records.findIndex((record) => record.sequence > after);
      return records.slice(from, from + limit);
    }
    const upTo = await this.#endOfPage(after, limit);
    if (upTo === undefined) return [];
    const rows = await this.database.read<EventRow>(
      `SELECT ${COLUMNS} FROM events WHERE sequence > ? AND sequence <= ? ORDER BY sequence`,
      [after, upTo],
    );
    this.#page = { after, records: rows.map(recordOf) };
    return this.#page.records;
  }

  /** Records of one lane from a sequence on, in order. */
  async readLane(lane: string, from: number, limit: number): Promise<readonly LogRecord[]> {
    const rows = await this.database.read<EventRow>(
      `SELECT ${COLUMNS} FROM events WHERE lane = ? AND sequence >= ? ORDER BY sequence LIMIT ?`,
      [lane, from, limit],
    );
    return rows.map(recordOf);
  }

  /** The last sequence that was given, 0 for a log in which nothing ever was. */
  async head(): Promise<number> {
    const [row] = await this.database.read<{ seq: number }>(
      "SELECT seq FROM sqlite_sequence WHERE name = 'events'",
    );
    return row?.seq ?? 0;
  }

  /** Calls back after each commit that brought events. Returns what ends it. */
  onAppended(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when everything that was offered is durable, or counted as shed. */
  flush(): Promise<void> {
    return this.#buffer.flush();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.flush();
  }

  #assertRoom(events: readonly EventDraft[]): void {
    for (const event of events) {
      const endpoint = this.#refuserOf({ ...event, sequence: 0 });
      if (endpoint === undefined) continue;
      throw new NotificationsError(
        'BACKLOG_FULL',
        `the notifications that wait for endpoint ${endpoint} have reached their bound, and no change may go untold: try again when it has taken some of them`,
      );
    }
  }

  #add(batch: WriteBatch, statement: string, drafts: readonly EventDraft[]): void {
    for (const { id, lane, type, timeMs, data, detail } of drafts) {
      const sizeBytes = eventBytes({ data, detail });
      batch.run(statement, [id, lane, type, Math.trunc(timeMs), sizeBytes, data, detail ?? null]);
    }
    batch.afterCommit(() => this.#announce());
  }

  async #commitLossy(drafts: readonly EventDraft[]): Promise<void> {
    const batch = new WriteBatch();
    this.#add(batch, APPEND_ONCE, drafts);
    await this.database.commit(batch);
  }

  #announce(): void {
    for (const listener of this.#listeners) listener();
  }

  /** The last sequence of a page that keeps to its number of records and of bytes. Nearly always all of them fit. */
  async #endOfPage(after: number, limit: number): Promise<number | undefined> {
    const page = 'SELECT sequence, size_bytes FROM events WHERE sequence > ? ORDER BY sequence LIMIT ?';
    const [all] = await this.database.read<{ last: number | null; size_bytes: number }>(
      `SELECT max(sequence) AS last, total(size_bytes) AS size_bytes FROM (${page})`,
      [after, limit],
    );
    if (all === undefined || all.last === null || all.size_bytes <= MAX_PAGE_BYTES)
      return all?.last ?? undefined;
    let bytes = 0;
    let end: number | undefined;
    const rows = await this.database.read<{ sequence: number; size_bytes: number }>(page, [after, limit]);
    for (const { sequence, size_bytes: sizeBytes } of rows) {
      bytes += sizeBytes;
      if (end !== undefined && bytes > MAX_PAGE_BYTES) break;
      end = sequence;
    }
    return end;
  }
}

/** A row of `events` as the rest of the library knows it. */
export function recordOf({ sequence, id, lane, type, time_ms: timeMs, data, detail }: EventRow): LogRecord {
  // Two literals, because this runs for each event of a backlog, and a spread costs as much as all the rest of it.
  return detail === null
    ? { sequence, id, lane, type, timeMs, data }
    : { sequence, id, lane, type, timeMs, data, detail };
}
