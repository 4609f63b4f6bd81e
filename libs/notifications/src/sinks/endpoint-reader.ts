import { WantedBytes } from '../backlog/wanted-bytes.js';
import type { EventLog } from '../event-log/event-log.js';
import { eventBytes } from '../event-log/event-size.js';
import type { LogRecord } from '../event-log/log-record.js';
import type { ProgressStore } from '../event-log/progress-store.js';
import type { Lanes } from '../delivery/lanes.js';
import type { DeliverySettings } from './endpoint-settings.js';

/** Records of one read: bounds what a turn of the event loop may cost. */
const PAGE = 512;

/** Records that are loaded of a lane's backlog at once. */
const LANE_PAGE = 256;

/** How far the events that an endpoint wants are counted, which may be further than they were read. */
export interface Census {
  judged: number;
  wanted: number;
  /** Bytes of those that it wants. */
  bytes: number;
}

/**
 * Brings an endpoint's events into memory, one read at a time: the backlog of lanes that are due, then the log. Where nothing may be
 * read because nothing can be sent, it goes on counting what the endpoint wants, so that Pending is known however long the backlog is.
 */
export class EndpointReader {
  #reading = false;
  #lastRead = 0;
  /** The log has, or may have, more than was read and more than was counted. */
  #moreToRead = true;
  #moreToCount = true;
  #oldestUnreadMs: number | undefined;
  readonly #bytes: WantedBytes;

  /** @param readBytes bytes of the wanted events that were read, as `census.bytes` has those that were counted */
  constructor(
    private readonly log: EventLog,
    private readonly progress: ProgressStore,
    private readonly settings: DeliverySettings,
    private readonly lanes: Lanes,
    readonly census: Census,
    readBytes: number,
  ) {
    const { wanted, bytes } = census;
    this.#bytes = new WantedBytes({ number: lanes.rows.number, bytes: readBytes }, { number: wanted, bytes });
  }

  /** Bytes of the events that are counted and not read. */
  get unreadBytes(): number {
    return Math.max(0, this.census.bytes - this.#bytes.upTo(this.lanes.rows.number));
  }

  /** Bytes of the first `number` events that the endpoint wants; nobody asks for fewer again. */
  bytesUpTo(number: number): number {
    this.#bytes.forgetBefore(number);
    return this.#bytes.upTo(number);
  }

  /** When the oldest event happened that is counted and not read; undefined when there is none, or it is not known. */
  get oldestUnreadMs(): number | undefined {
    return this.census.wanted > this.lanes.rows.number ? this.#oldestUnreadMs : undefined;
  }

  /** True when everything that the log is known to have was read. */
  get atEnd(): boolean {
    return !this.#reading && !this.#moreToRead;
  }

  /** True while a read is under way. */
  get reading(): boolean {
    return this.#reading;
  }

  /** Records that the last read brought, of the log or of a lane's backlog. */
  get lastRead(): number {
    return this.#lastRead;
  }

  /** The log was appended to. */
  wake(): void {
    this.#moreToRead = true;
    this.#moreToCount = true;
  }

  /**
   * Starts one read if there is one to start. `forSending`: what is read could be sent.
   *
   * @returns undefined when there was none; resolves to whether the progress changed
   * @throws DatabaseError by rejection
   */
  read(forSending: boolean): Promise<boolean> | undefined {
    const next = this.#next(forSending);
    if (next === undefined) return undefined;
    this.#reading = true;
    return next().finally(() => (this.#reading = false));
  }

  #next(forSending: boolean): (() => Promise<boolean>) | undefined {
    if (this.#reading) return undefined;
    if (forSending) {
      const request = this.lanes.intake.load();
      if (request !== undefined) return () => this.#load(request);
      if (this.#moreToRead && this.lanes.intake.room > 0 && !this.#waitsForLanes)
        return () => this.#readLog();
    }
    // Whoever read to the end has counted to the end.
    if (forSending && !this.#moreToRead && this.census.judged <= this.lanes.rows.position)
      this.#moreToCount = false;
    return this.#moreToCount ? () => this.#count() : undefined;
  }

  get #waitsForLanes(): boolean {
    return this.lanes.intake.hasDue && !this.progress.failing;
  }

  async #load(request: Parameters<Lanes['intake']['notLoaded']>[0]): Promise<boolean> {
    try {
      const { name, wants } = this.settings;
      const records = await this.progress.readBacklog(name, request, LANE_PAGE, wants);
      this.#lastRead = records.length;
      this.lanes.intake.loaded(request, records, records.length < LANE_PAGE);
      return true;
    } catch (error) {
      this.lanes.intake.notLoaded(request);
      throw error;
    }
  }

  async #readLog(): Promise<boolean> {
    this.#moreToRead = false;
    const limit = Math.min(PAGE, this.lanes.intake.room);
    const records = await this.log.read(this.lanes.rows.position, limit);
    this.#lastRead = records.length;
    for (const record of records) {
      if (this.settings.wants(record)) {
        this.lanes.intake.add(record, this.settings.laneOf(record));
        if (record.sequence > this.census.judged) this.#weigh(record);
      } else this.lanes.intake.skip(record.sequence);
    }
    if (records.length > 0) this.#moreToRead = true;
    const { position, number } = this.lanes.rows;
    if (position > this.census.judged) {
      this.census.judged = position;
      this.census.wanted = number;
      this.#bytes.count({ number, bytes: this.census.bytes });
    }
    return records.length > 0;
  }

  async #count(): Promise<boolean> {
    this.#moreToCount = false;
    const records = await this.log.read(this.census.judged, PAGE);
    this.#lastRead = records.length;
    for (const record of records) {
      if (this.settings.wants(record)) {
        if (this.census.wanted === this.lanes.rows.number) this.#oldestUnreadMs = record.timeMs;
        this.census.wanted += 1;
        this.#weigh(record);
      }
      this.census.judged = record.sequence;
    }
    this.#bytes.count({ number: this.census.wanted, bytes: this.census.bytes });
    if (records.length > 0) this.#moreToCount = true;
    return records.length > 0;
  }

  #weigh(record: LogRecord): void {
    this.census.bytes += eventBytes(record);
  }
}
