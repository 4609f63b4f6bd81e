import { expect } from 'vitest';
import type { NumberedRecord } from '../src/delivery/lane.js';
import type { LoadRequest } from '../src/delivery/lane-intake.js';
import type { LaneChanges } from '../src/delivery/lane-rows.js';
import { Lanes } from '../src/delivery/lanes.js';
import { NO_HISTORY, type DeadLetter } from '../src/delivery/progress.js';
import type { LogRecord } from '../src/event-log/log-record.js';
import { Disk, NOWHERE } from './lanes-disk.js';

const LIMITS = { records: 6, mostRecords: 6, characters: 1_000, lanes: 4, tickets: 8 };

const EVENT_BYTES = 10;
const MOST_EVENTS = 4;
const MOST_BYTES = MOST_EVENTS * EVENT_BYTES;

function recordOf(sequence: number, lane: string): LogRecord {
  return { sequence, lane, id: `id-${sequence}`, type: 'test.thing.happened', timeMs: sequence, data: '{}' };
}

function letterOf({ sequence, record }: NumberedRecord): DeadLetter {
  const { lane, id: eventId } = record;
  return {
    lane,
    eventId,
    firstSequence: sequence,
    lastSequence: sequence,
    count: 1,
    reason: 'refused',
    attempts: 4,
  };
}

/** A step that needs nothing but its name. */
export type PlainStep =
  | 'read'
  | 'begin to load'
  | 'load'
  | 'begin to save'
  | 'save'
  | 'fail to save'
  | 'crash'
  | 'crash after a commit'
  | 'stop and start'
  | 'pass time'
  | 'condemn'
  | 'acquit';

/** What becomes of an event in flight. */
export type Fate = 'deliver' | 'retry' | 'bury' | 'suspect' | 'put back';

export type Step =
  | { readonly do: 'append'; readonly lane: string; readonly wanted: boolean }
  | { readonly do: PlainStep }
  | { readonly do: 'take'; readonly events: number }
  | { readonly do: Fate; readonly which: number };

/**
 * One endpoint played by hand against a log and a disk, with a model beside it that knows nothing but which events are wanted and what
 * became of each.
 */
export class Play {
  readonly log: { readonly record: LogRecord; readonly wanted: boolean }[] = [];
  readonly disk = new Disk();
  /** Of each lane that has any, the events in flight. */
  readonly inFlight: (readonly NumberedRecord[])[] = [];
  /** What became of an event in this run of the process. */
  fates = new Map<number, 'delivered' | 'dead' | 'suspect'>();
  /** Whatever was delivered in any run. */
  readonly deliveredEver = new Set<number>();
  readonly deadStored = new Set<number>();
  /** Delivered before the last save but one began: never repeated. */
  #settled = new Set<number>();
  #deliveredAtLastSave = new Set<number>();
  lanes = new Lanes(NOWHERE, [], LIMITS);
  nowMs = 0;

  run(step: Step): void {
    if (step.do === 'append') {
      this.log.push({ record: recordOf(this.log.length + 1, step.lane), wanted: step.wanted });
    } else if ('which' in step) {
      this.settle(step.do, step.which);
    } else if (step.do === 'take') {
      this.take(step.events);
    } else {
      this.#plain[step.do]();
    }
    this.check();
  }

  readonly #plain: Readonly<Record<PlainStep, () => void>> = {
    read: () => this.read(),
    'begin to load': () => this.beginToLoad(),
    load: () => this.load(),
    'begin to save': () => this.beginToSave(),
    save: () => this.save(true),
    'fail to save': () => this.save(false),
    crash: () => this.crash(false),
    'crash after a commit': () => this.crash(true),
    'stop and start': () => this.stopAndStart(),
    'pass time': () => this.passTime(),
    condemn: () => this.condemn(),
    acquit: () => this.acquit(),
  };

  passTime(): void {
    this.nowMs += 7;
    this.lanes.wake(this.nowMs);
  }

  read(): void {
    const { room } = this.lanes.intake;
    for (const { record, wanted } of this.log.slice(
      this.lanes.rows.position,
      this.lanes.rows.position + room,
    )) {
      if (wanted) this.lanes.intake.add(record);
      else this.lanes.intake.skip(record.sequence);
    }
  }

  /** A load takes its time too. */
  #loading: LoadRequest | undefined;

  beginToLoad(): void {
    this.#loading ??= this.lanes.intake.load();
  }

  load(limit = 2): void {
    this.beginToLoad();
    const request = this.#loading;
    if (request === undefined) return;
    this.#loading = undefined;
    const found = this.rowsOf(request).slice(0, limit);
    this.lanes.intake.loaded(request, found, found.length < limit);
  }

  rowsOf({ lane, from, upTo }: LoadRequest): readonly NumberedRecord[] {
    return [...this.disk.rows]
      .filter(([sequence, row]) => row.lane === lane && sequence >= from && sequence <= upTo)
      .toSorted(([a], [b]) => a - b)
      .map(([sequence, { number }]) => ({
        sequence,
        number,
        lane,
        record: recordOf(sequence, lane),
        wanted: true,
      }));
  }

  take(events: number): void {
    const envelope = this.lanes.take({ events, bytes: MOST_BYTES, sizeOf: () => EVENT_BYTES });
    expect(envelope.length, 'events of an envelope').toBeLessThanOrEqual(Math.min(events, MOST_EVENTS));
    expect(envelope, 'as they lie in the log').toEqual(envelope.toSorted((a, b) => a.sequence - b.sequence));
    for (const [lane, taken] of Map.groupBy(envelope, ({ record }) => record.lane)) this.#sent(lane, taken);
  }

  #sent(lane: string, taken: readonly NumberedRecord[]): void {
    expect(
      this.inFlight.map(([first]) => first?.record.lane),
      'one in flight per lane',
    ).not.toContain(lane);
    const next = this.log
      .filter(({ record, wanted }) => wanted && record.lane === lane && !this.fates.has(record.sequence))
      .slice(0, taken.length);
    expect(
      taken.map(({ sequence }) => sequence),
      'the first of its lane that are not done',
    ).toEqual(next.map(({ record }) => record.sequence));
    for (const { sequence, number } of taken) {
      expect(this.#settled, 'not repeated').not.toContain(sequence);
      expect(this.deadStored, 'dead letters stay dead').not.toContain(sequence);
      const wanted = this.log.filter((event) => event.wanted && event.record.sequence <= sequence);
      expect(number, 'numbered without gaps').toBe(wanted.length);
    }
    this.inFlight.push(taken);
  }

  settle(how: Fate, which: number): void {
    const [events = []] = this.inFlight.splice(which % Math.max(1, this.inFlight.length), 1);
    const [event] = events;
    if (event === undefined) return;
    const { lane } = event.record;
    if (how === 'deliver') {
      this.lanes.done(lane);
      for (const { sequence } of events) {
        this.fates.set(sequence, 'delivered');
        this.deliveredEver.add(sequence);
      }
      // As the dispatcher does: what was taken speaks against what was refused.
      this.condemn();
    } else if (how === 'retry' || events.length > 1) {
      // As the dispatcher does: of several events none is held responsible.
      this.lanes.separate(lane, Math.floor(events.length / 2) || 1);
      this.lanes.wait(lane, this.nowMs + 10, { ...NO_HISTORY, attempts: 1 });
      this.forgetAcquitted(lane);
    } else if (how === 'bury') {
      // As the dispatcher does: an event is poison only when others were taken meanwhile.
      this.condemn();
      this.lanes.bury(lane, this.nowMs);
      this.fates.set(event.sequence, 'dead');
      this.forgetAcquitted(lane);
    } else if (how === 'suspect') {
      this.lanes.suspect(lane, letterOf(event), this.nowMs);
      this.fates.set(event.sequence, 'suspect');
      this.forgetAcquitted(lane);
    } else {
      this.lanes.putBack(lane, this.nowMs);
      this.forgetAcquitted(lane);
    }
  }

  condemn(): void {
    const letters = this.lanes.condemn().map(({ firstSequence }) => firstSequence);
    const suspects = [...this.fates].filter(([, fate]) => fate === 'suspect').map(([sequence]) => sequence);
    expect(new Set(letters)).toEqual(new Set(suspects));
    for (const sequence of suspects) this.fates.set(sequence, 'dead');
    this.#acquitted.clear();
  }

  readonly #acquitted = new Set<string>();

  acquit(): void {
    this.lanes.acquit(this.nowMs);
    for (const { record } of this.log) {
      if (this.fates.get(record.sequence) === 'suspect') this.#acquitted.add(record.lane);
    }
    for (const { record } of this.log) {
      if (!this.inFlight.some(([event]) => event?.record.lane === record.lane))
        this.forgetAcquitted(record.lane);
    }
  }

  forgetAcquitted(lane: string): void {
    if (!this.#acquitted.delete(lane)) return;
    for (const { record } of this.log) {
      if (record.lane === lane && this.fates.get(record.sequence) === 'suspect')
        this.fates.delete(record.sequence);
    }
  }

  /** A save takes its time: much can happen between its beginning and its end. */
  #saving: { readonly changes: LaneChanges; readonly fates: Play['fates'] } | undefined;

  beginToSave(): void {
    this.#saving ??= { changes: this.lanes.rows.changes(), fates: new Map(this.fates) };
  }

  save(succeeds: boolean): void {
    this.beginToSave();
    if (succeeds) {
      this.store();
      this.lanes.rows.saved();
    } else {
      this.lanes.rows.notSaved();
    }
    this.#saving = undefined;
  }

  store(): void {
    const { changes, fates } = this.#saving ?? { changes: undefined, fates: this.fates };
    if (changes === undefined) return;
    this.disk.store(changes);
    const delivered = [...fates].filter(([, fate]) => fate === 'delivered').map(([sequence]) => sequence);
    for (const [sequence, fate] of fates) if (fate === 'dead') this.deadStored.add(sequence);
    this.#settled = this.#deliveredAtLastSave;
    this.#deliveredAtLastSave = new Set(delivered);
    this.checkDisk(fates);
  }

  /** @param committed a save that was under way reached the disk, and nobody heard of it */
  crash(committed: boolean): void {
    if (committed) this.store();
    this.#saving = undefined;
    this.#loading = undefined;
    this.lanes = new Lanes(this.disk.position, [...this.disk.exceptions.values()], LIMITS);
    this.inFlight.length = 0;
    this.#acquitted.clear();
    this.nowMs += 20;
    this.lanes.wake(this.nowMs);
    // What the disk does not hold as open is done; everything else is open again.
    const { cursor } = this.disk.position;
    const old = this.fates;
    this.fates = new Map();
    for (const { record } of this.log.filter(({ wanted }) => wanted)) {
      const { sequence } = record;
      if (sequence <= cursor && !this.disk.rows.has(sequence))
        this.fates.set(sequence, old.get(sequence) ?? 'dead');
    }
    this.#deliveredAtLastSave = new Set(this.#settled);
  }

  /** An end that nobody forced repeats nothing. */
  stopAndStart(): void {
    if (this.#saving !== undefined) this.save(true);
    this.lanes.rows.end();
    this.save(true);
    this.#settled = this.#deliveredAtLastSave;
    this.crash(false);
  }

  check(): void {
    const done = [...this.fates].filter(([, fate]) => fate !== 'suspect');
    const read = this.log.filter(
      ({ record, wanted }) => wanted && record.sequence <= this.lanes.rows.position,
    );
    expect(this.lanes.rows.undone, 'undone').toBe(read.length - done.length);
    expect(this.lanes.rows.delivered + this.lanes.rows.dead, 'done').toBe(done.length);
    expect(this.lanes.held, 'memory').toBeLessThanOrEqual(LIMITS.records + 2 * LIMITS.lanes);
  }

  /** The cursor has passed nothing that is neither done nor a row. */
  checkDisk(fates: Play['fates']): void {
    for (const { record, wanted } of this.log) {
      if (!wanted || record.sequence > this.disk.position.cursor) continue;
      const fate = fates.get(record.sequence);
      const row = this.disk.rows.get(record.sequence);
      if (fate === undefined || fate === 'suspect') expect(row, 'an open event is a row').toBeDefined();
      if (row !== undefined) {
        const exception = this.disk.exceptions.get(row.lane);
        expect(exception?.sequence ?? Number.POSITIVE_INFINITY, 'a row has an exception').toBeLessThanOrEqual(
          record.sequence,
        );
      }
    }
    for (const sequence of this.disk.rows.keys()) {
      expect(sequence, 'rows lie below the cursor').toBeLessThanOrEqual(this.disk.position.cursor);
      expect(fates.get(sequence), 'a row is open').not.toBe('delivered');
    }
    expect(this.disk.position.deferred, 'deferred').toBe(this.disk.rows.size);
  }

  get #finished(): boolean {
    const { position, exceptions } = this.disk;
    return position.cursor === this.log.length && position.deferred === 0 && exceptions.size === 0;
  }

  /** Lets everything run to its end, with an endpoint that takes all. */
  drain(): void {
    for (let round = 0; round < 10 * this.log.length + 20 && !this.#finished; round += 1) {
      this.settle('deliver', 0);
      this.nowMs += 100;
      this.lanes.wake(this.nowMs);
      this.run({ do: 'read' });
      this.run({ do: 'load' });
      this.run({ do: 'take', events: 3 });
      if (this.lanes.onlySuspects) this.run({ do: 'condemn' });
      this.run({ do: 'save' });
    }
  }
}
