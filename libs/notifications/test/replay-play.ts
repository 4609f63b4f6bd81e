import { expect } from 'vitest';
import { SINGLE_EVENT } from '../src/delivery/envelope.js';
import type { LogRecord } from '../src/event-log/log-record.js';
import { ReplayWindow } from '../src/replay/replay-window.js';

export type ReplayStep =
  | { readonly do: 'read' | 'save' | 'crash' | 'cancel' | 'pass time' }
  | { readonly do: 'take'; readonly events: number }
  | { readonly do: 'send' | 'fail' | 'retry'; readonly which: number };

/** Events that one read gives. */
const PAGE = 3;

/** A replay of a log, played by hand, with a model beside it that knows what was sent and what is stored. */
export class ReplayPlay {
  readonly #log: readonly LogRecord[];
  /** Of each event, how often it was dealt with. */
  readonly #fates = new Map<number, 'sent' | 'failed'>();
  readonly #inFlight: (readonly number[])[] = [];
  /** Dealt with in this run of the process. */
  #doneNow = new Set<number>();
  #storedCursor = 0;
  #nowMs = 0;
  #window = this.#open();
  cancelled = false;

  constructor(lanes: readonly string[]) {
    this.#log = lanes.map((lane, index) => {
      const sequence = index + 1;
      return { sequence, lane, id: `id-${sequence}`, type: 'test.thing', timeMs: 0, data: '{}' };
    });
  }

  run(step: ReplayStep): void {
    if ('which' in step) this.#settle(step.do, step.which);
    else if (step.do === 'take') this.#take(step.events);
    else this.#plain[step.do]();
    this.#check();
  }

  /** Everything that was asked for was dealt with, unless it was cancelled. */
  finish(): void {
    for (let round = 0; round < 10 * this.#log.length + 10 && !this.#atEnd; round += 1) {
      this.run({ do: 'read' });
      this.run({ do: 'pass time' });
      this.run({ do: 'take', events: 2 });
      this.run({ do: 'send', which: 0 });
    }
    if (this.cancelled) return;
    expect(this.#window.cursor, 'the end').toBe(this.#log.length);
    expect([...this.#fates.keys()].toSorted((a, b) => a - b)).toEqual(
      this.#log.map((event) => event.sequence),
    );
  }

  readonly #plain: Readonly<Record<'read' | 'save' | 'crash' | 'cancel' | 'pass time', () => void>> = {
    read: () => this.#read(),
    save: () => (this.#storedCursor = this.#window.cursor),
    crash: () => {
      this.#window = this.#open();
      this.#inFlight.length = 0;
      this.#doneNow = new Set();
    },
    cancel: () => {
      if (this.#inFlight.length > 0) return;
      this.#window.abandon();
      this.cancelled = true;
    },
    'pass time': () => (this.#nowMs += 10),
  };

  #open(): ReplayWindow {
    return new ReplayWindow(this.#storedCursor, ({ lane }) => lane);
  }

  #read(): void {
    const { readUpTo } = this.#window;
    if (this.cancelled) return;
    const page = this.#log.slice(readUpTo, readUpTo + PAGE);
    this.#window.add(
      page.map((record) => ({ record })),
      page.at(-1)?.sequence ?? readUpTo,
      [],
    );
    this.#window.advance();
  }

  #take(events: number): void {
    const taken = this.#window.take({ ...SINGLE_EVENT, events }, this.#nowMs);
    if (taken.length === 0) return;
    expect(this.cancelled, 'nothing of a cancelled replay is sent').toBe(false);
    for (const [lane, some] of Map.groupBy(taken, ({ record }) => record.lane)) {
      const open = this.#log.filter(
        (event) =>
          event.lane === lane && event.sequence > this.#storedCursor && !this.#doneNow.has(event.sequence),
      );
      expect(
        some.map(({ sequence }) => sequence),
        'the first of its lane',
      ).toEqual(open.slice(0, some.length).map(({ sequence }) => sequence));
    }
    const busy = new Set(this.#inFlight.flat().map((sequence) => this.#laneOf(sequence)));
    for (const { record } of taken) expect(busy, 'one in flight of a lane').not.toContain(record.lane);
    this.#inFlight.push(taken.map(({ sequence }) => sequence));
  }

  #settle(how: 'send' | 'fail' | 'retry', which: number): void {
    const [sequences = []] = this.#inFlight.splice(which % Math.max(1, this.#inFlight.length), 1);
    for (const lane of new Set(sequences.map((sequence) => this.#laneOf(sequence)))) {
      if (how === 'retry') this.#window.wait(lane, this.#nowMs + 15);
      else this.#window.settle(lane, how === 'send' ? 'sent' : 'failed');
    }
    if (how === 'retry') return;
    for (const sequence of sequences) {
      this.#fates.set(sequence, how === 'send' ? 'sent' : 'failed');
      this.#doneNow.add(sequence);
    }
    const before = this.#window.cursor;
    const { settled } = this.#window.advance();
    for (const { entry } of settled) {
      expect(entry.record.sequence).toBeGreaterThan(before);
      expect(entry.record.sequence, 'told when all before it is done').toBeLessThanOrEqual(
        this.#window.cursor,
      );
    }
  }

  #check(): void {
    const open = this.#log.find(({ sequence }) => !this.#fates.has(sequence));
    if (open !== undefined)
      expect(this.#window.cursor, 'the cursor passes nothing that is open').toBeLessThan(open.sequence);
  }

  #laneOf(sequence: number): string {
    return this.#log[sequence - 1]?.lane ?? '';
  }

  get #atEnd(): boolean {
    return this.cancelled || (this.#window.isEmpty && this.#window.readUpTo === this.#log.length);
  }
}
