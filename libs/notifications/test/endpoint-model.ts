import type { Envelope } from '../src/transports/transport.js';

/** What an endpoint wants: everything, or the events of one kind. */
export type Wish = 'all' | 'x' | 'y';

/** An event as the model knows it. */
export interface ModelEvent {
  readonly sequence: number;
  readonly lane: string;
  readonly kind: 'x' | 'y';
  /** Wanted by every filter since it happened, and by an endpoint that was not disabled: it must have an end. */
  owed: boolean;
  /** Wanted by no filter since it happened. */
  unwanted: boolean;
}

/** A dead letter as it is stored, with the events that may lie in it. */
export interface ModelLetter {
  readonly id: number;
  readonly reason: string;
  readonly atMs: number;
  readonly sequences: readonly number[];
}

/** A replay that was asked for. */
export interface ModelReplay {
  readonly of: 'events' | 'dead-letters';
  readonly first: number;
  readonly last: number;
  cancelled: boolean;
  /** Its selection is judged by the filter: that has not changed since. */
  steady: boolean;
  readonly arrived: Set<number>;
  readonly lastOfLane: Map<string, number>;
}

/** Why an endpoint must be sent nothing live. */
export type Silence = 'paused' | 'retired' | 'disabled' | 'overflowed' | 'detached';

/**
 * What one endpoint may be sent, kept by nothing but sets and numbers: an event that is owed ends as delivered, dead or given up; first
 * arrivals keep the order of their lane; what was taken comes again only after a crash; what is dead comes again only by a replay.
 */
export class EndpointModel {
  readonly events: ModelEvent[] = [];
  readonly silences = new Set<Silence>();
  readonly replays = new Map<string, ModelReplay>();
  readonly broken: string[] = [];
  /** Whatever reached the endpoint with its own number, in any life of the process. */
  readonly arrived = new Set<number>();
  /** Whatever the endpoint took, live or by a replay. */
  readonly taken = new Set<number>();
  /** Dead letters that an operator, or their age, gave up. */
  readonly forgiven = new Set<number>();
  /** Whatever lay in a dead letter at any time. */
  readonly wasDead = new Set<number>();
  letters: readonly ModelLetter[] = [];
  wish: Wish = 'all';
  #wishes = 1;
  /** Taken since the last crash. */
  #takenNow = new Set<number>();
  readonly #lastOfLane = new Map<string, number>();
  #inFlight: Envelope[] = [];
  /** Sent again without having been sent: it must have become a dead letter just before. */
  #early: number[] = [];

  happened(sequence: number, lane: string, kind: 'x' | 'y'): void {
    const wanted = this.#wants(kind) && !this.silences.has('disabled');
    this.events.push({ sequence, lane, kind, owed: wanted, unwanted: !wanted });
  }

  wishes(wish: Wish): void {
    if (wish === this.wish) return;
    this.wish = wish;
    this.#wishes += 1;
    for (const replay of this.replays.values()) replay.steady = false;
    for (const event of this.events) {
      if (!this.#wants(event.kind)) event.owed = false;
      else if (!this.silences.has('disabled')) event.unwanted = false;
    }
  }

  /** A request has reached the endpoint. */
  posted(envelope: Envelope): void {
    const { records, sequences, replay } = envelope;
    const events = records.map(({ sequence }) => this.event(sequence));
    this.#demand(this.silences.size === 0, `sent while ${[...this.silences].join()}`);
    const sameKind = this.#inFlight.filter((other) => other.replay === replay);
    const busy = new Set(sameKind.flatMap((other) => other.records.map(({ lane }) => lane)));
    for (const { sequence, lane, kind } of events) {
      this.#demand(!busy.has(lane), `${sequence}: another request of lane ${lane} is in flight`);
      this.#demand(
        this.#wants(kind) || replay !== undefined,
        `${sequence}: not wanted by the filter in force`,
      );
    }
    if (replay === undefined) this.#live(events, sequences);
    else this.#replayed(replay, events, sequences);
    this.#inFlight.push(envelope);
  }

  /** A request has ended. */
  answered(envelope: Envelope, taken: boolean): void {
    this.#inFlight = this.#inFlight.filter((other) => other !== envelope);
    if (!taken) return;
    for (const { sequence } of envelope.records) {
      this.taken.add(sequence);
      if (envelope.replay === undefined) this.#takenNow.add(sequence);
    }
  }

  abandoned(envelope: Envelope): void {
    this.answered(envelope, false);
  }

  /** Nobody waits any more for what is in flight. @param forgotten the process was killed, and may repeat what it had not stored */
  ended(forgotten: boolean): void {
    this.#inFlight = [];
    if (forgotten) this.#takenNow = new Set();
  }

  /** What lies in the dead letters while a step is under way: one may grow before somebody gives it up. */
  grown(letters: readonly ModelLetter[]): void {
    const now = new Map(letters.map((letter) => [letter.id, letter]));
    this.letters = this.letters.map((letter) => now.get(letter.id) ?? letter);
  }

  /** What lies in the dead letters now. @param agedBeforeMs letters from before that moment may have been given up for their age */
  lies(letters: readonly ModelLetter[], givenUp: ReadonlySet<number>, agedBeforeMs: number): void {
    const ids = new Set(letters.map(({ id }) => id));
    for (const letter of this.letters) {
      if (ids.has(letter.id) || (!givenUp.has(letter.id) && letter.atMs >= agedBeforeMs)) continue;
      for (const sequence of letter.sequences) this.forgiven.add(sequence);
    }
    for (const { sequences } of letters) for (const sequence of sequences) this.wasDead.add(sequence);
    for (const sequence of this.#early)
      this.#demand(this.wasDead.has(sequence), `${sequence}: sent again before it was sent`);
    this.#early = [];
    this.letters = letters;
  }

  event(sequence: number): ModelEvent {
    const event = this.events[sequence - 1];
    if (event === undefined) throw new Error(`there is no event ${sequence}`);
    return event;
  }

  /** Events that have no end yet. */
  get open(): readonly number[] {
    const dead = new Set(this.letters.flatMap(({ sequences }) => sequences));
    return this.events
      .filter(({ owed, sequence }) => owed && !this.taken.has(sequence) && !this.forgiven.has(sequence))
      .map(({ sequence }) => sequence)
      .filter((sequence) => !dead.has(sequence));
  }

  #live(events: readonly ModelEvent[], sequences: readonly number[]): void {
    this.#demand(sequences.length === events.length, 'each live event has a number');
    const dead = new Set(
      this.letters.flatMap((letter) => (letter.sequences.length === 1 ? letter.sequences : [])),
    );
    for (const [index, { sequence, lane, owed, unwanted }] of events.entries()) {
      this.#demand(!unwanted, `${sequence}: was never wanted`);
      this.#demand(!this.#takenNow.has(sequence), `${sequence}: was taken, and no crash came since`);
      this.#demand(!dead.has(sequence), `${sequence}: is a dead letter`);
      // What a filter let through late may have been passed before.
      const last = this.#lastOfLane.get(lane) ?? 0;
      if (!this.arrived.has(sequence))
        this.#demand(!owed || sequence > last, `${sequence}: after a later one of ${lane}`);
      this.#lastOfLane.set(lane, Math.max(last, sequence));
      this.arrived.add(sequence);
      if (this.#wishes === 1 && !this.events.some((event) => !event.owed))
        this.#demand(sequences[index] === sequence, `${sequence}: has the number ${sequences[index]}`);
    }
  }

  #replayed(id: string, events: readonly ModelEvent[], sequences: readonly number[]): void {
    const replay = this.replays.get(id);
    this.#demand(sequences.length === 0, 'what is sent again has no number');
    this.#demand(replay !== undefined, 'nobody asked for the replay');
    if (replay === undefined) return;
    this.#demand(!replay.cancelled, 'the replay was cancelled');
    for (const { sequence, lane, owed } of events) {
      const within = sequence >= replay.first && sequence <= replay.last;
      this.#demand(within, `${sequence}: not asked for`);
      const past = this.arrived.has(sequence) || this.wasDead.has(sequence) || !owed;
      if (!past) this.#early.push(sequence);
      // What a filter let through late may have been passed before.
      const last = replay.lastOfLane.get(lane) ?? 0;
      if (!replay.arrived.has(sequence) && replay.steady)
        this.#demand(sequence > last, `${sequence}: after a later one of ${lane} in its replay`);
      replay.lastOfLane.set(lane, Math.max(last, sequence));
      replay.arrived.add(sequence);
    }
  }

  #wants(kind: 'x' | 'y'): boolean {
    return this.wish === 'all' || this.wish === kind;
  }

  #demand(holds: boolean, what: string): void {
    if (!holds) this.broken.push(what);
  }
}
