import { expect } from 'vitest';
import type { Database } from '@herald/database';
import { NotificationsError } from '../src/notifications.error.js';
import type { EndpointOptions, NotificationsOptions } from '../src/notifications.options.js';
import { EndpointModel, type ModelLetter, type Silence, type Wish } from './endpoint-model.js';
import { checkBooks, emptyBooks, keptSequences } from './endpoint-books.js';
import { readLetters } from './endpoint-letters.js';
import { REPLIES, type Deed, type EndpointStep, type Reply } from './endpoint-steps.js';
import { EndpointWorld, type Witness } from './endpoint-world.js';
import { playedEndpoint } from './played-endpoint.js';

const NAME = 'a';
const KEPT_MS = 40_000;
const LETTERS_KEPT_MS = 300_000;

/** One endpoint and everything that may happen to it, over a real database, with a model beside it. */
export class EndpointPlay {
  readonly model = new EndpointModel();
  #world!: EndpointWorld;
  #nowMs = Date.UTC(2026, 0, 2);
  #wish: Wish = 'all';
  #attached = true;

  private constructor(private readonly database: Database) {}

  /** Begins with an empty database, and an endpoint whose name is new. */
  static async begin(database: Database): Promise<EndpointPlay> {
    await emptyBooks(database);
    const play = new EndpointPlay(database);
    await play.#start();
    return play;
  }

  async run(step: EndpointStep): Promise<void> {
    await this.#do(step);
    if (step.do !== 'answer' || step.hastily !== true) await this.#world.calm();
    this.#nowMs = this.#world.clock.now();
    await this.#look(step.do === 'maintain' ? this.#nowMs - LETTERS_KEPT_MS : 0);
    expect(this.model.broken, `after ${JSON.stringify(step)}`).toEqual([]);
  }

  /** Everybody means well from now on: nothing is left that was owed, and nothing comes again afterwards. */
  async finish(): Promise<void> {
    for (const deed of ['attach', 'enable', 'resume'] as const) await this.run({ do: deed });
    await this.#settle();
    await this.run({ do: 'save' });
    expect(this.model.open, 'events without an end').toEqual([]);
    await this.#redriveAll();
    const kept = new Set(await keptSequences(this.database));
    const owed = this.model.events.filter(({ owed: isOwed, sequence }) => isOwed && kept.has(sequence));
    const missing = owed
      .map(({ sequence }) => sequence)
      .filter((sequence) => !this.model.taken.has(sequence) && !this.model.forgiven.has(sequence));
    expect(missing, 'never taken').toEqual([]);
    await this.run({ do: 'save' });
    await checkBooks(this.database, this.model);
    const before = this.model.arrived.size;
    await this.run({ do: 'stop and start' });
    await this.run({ do: 'pass time', ms: 5_000 });
    expect([this.model.arrived.size, this.#world.held.length], 'nothing comes again').toEqual([before, 0]);
  }

  async #do(step: EndpointStep): Promise<void> {
    switch (step.do) {
      case 'publish':
        return this.#publish(step.lane, step.kind);
      case 'flood':
        return this.#flood(step.events);
      case 'serve':
        return this.#serve();
      case 'refuse for good':
        return this.#refuse(step.which);
      case 'answer':
        return this.#answer(step.which, step.reply);
      case 'pass time':
        return this.#passTime(step.ms);
      case 'wish':
        return this.#change(step.wish);
      case 'replay':
        return this.#replay(1 + (step.from % Math.max(1, this.model.events.length)), step.events);
      case 'cancel':
        return this.#cancel(step.which);
      case 'give up':
        return this.#giveUp(step.which);
      case 'together':
        return this.#together(step.steps);
      default:
        return this.#deeds[step.do]();
    }
  }

  readonly #deeds: Readonly<Record<Deed, () => Promise<void>>> = {
    save: () => this.#world.progress.flush(),
    crash: async () => {
      this.#world.kill();
      this.#nowMs = this.#world.clock.now();
      this.model.ended(true);
      // What a run that was killed did not store of it, the next does not know.
      this.model.silences.delete('retired');
      await this.#start();
    },
    'stop and start': async () => {
      await this.#world.stop();
      this.#nowMs = this.#world.clock.now();
      this.model.ended(false);
      await this.#start();
    },
    pause: () => this.#silence('paused', () => this.#world.broadcaster.pause(NAME)),
    resume: () => this.#wake(['paused'], () => this.#world.broadcaster.resume(NAME)),
    disable: () => this.#disable(),
    enable: () =>
      this.#wake(['retired', 'disabled', 'overflowed'], () => this.#world.broadcaster.enable(NAME)),
    detach: async () => {
      if (!this.#attached) return;
      await this.#world.reconfigure([]);
      this.#attached = false;
      this.model.silences.add('detached');
    },
    attach: async () => {
      if (this.#attached) return;
      this.#attached = true;
      this.model.silences.delete('detached');
      this.model.wishes(this.#wish);
      await this.#world.reconfigure(this.#endpoints);
      this.#noteState();
    },
    maintain: () => this.#maintain(),
    watch: async () => {
      await this.#world.during(this.#world.watch.look());
      this.#noteState();
    },
    redrive: () => this.#redrive(),
  };

  get #endpoints(): readonly EndpointOptions[] {
    return this.#attached ? [playedEndpoint(NAME, this.#wish)] : [];
  }

  async #start(): Promise<void> {
    const options: NotificationsOptions = {
      endpoints: this.#endpoints,
      drainTimeoutMs: 100,
      retention: { ageMs: KEPT_MS, deadLetterAgeMs: LETTERS_KEPT_MS },
    };
    this.#world = await EndpointWorld.start(this.database, options, this.#nowMs, this.#witness);
    this.#noteState();
  }

  readonly #witness: Witness = {
    posted: (envelope) => this.model.posted(envelope),
    abandoned: (envelope) => this.model.abandoned(envelope),
    committed: async () => this.model.grown(await readLetters(this.database, this.model.events)),
  };

  async #publish(lane: string, kind: 'x' | 'y'): Promise<void> {
    this.model.happened(this.model.events.length + 1, lane, kind);
    await this.#world.log.publish({ type: `test.${kind}`, lane, data: {} });
  }

  async #answer(which: number, reply: Reply): Promise<void> {
    const { held } = this.#world;
    const request = held[which % Math.max(1, held.length)];
    if (request === undefined) return;
    this.model.answered(request.envelope, reply === 'take');
    request.answer(REPLIES[reply]);
    if (reply === 'retire') this.model.silences.add('retired');
  }

  async #flood(events: number): Promise<void> {
    for (let n = 0; n < events; n += 1) await this.#publish('lmn'.charAt(n % 3), n % 2 === 0 ? 'x' : 'y');
  }

  async #serve(): Promise<void> {
    for (let request = 0; request < 12 && this.#world.held.length > 0; request += 1) {
      await this.#answer(0, 'take');
      await this.#world.calm();
    }
  }

  async #refuse(which: number): Promise<void> {
    const { held } = this.#world;
    const [record] = held[which % Math.max(1, held.length)]?.envelope.records ?? [];
    if (record === undefined) return;
    for (let attempt = 0; attempt < 6; attempt += 1) {
      const at = held.findIndex(({ envelope }) => envelope.records.some(({ id }) => id === record.id));
      if (at >= 0) await this.#answer(at, 'refuse');
      await this.#world.calm();
      await this.#passTime(9_000);
    }
  }

  async #passTime(ms: number): Promise<void> {
    await this.#world.passTime(ms);
  }

  async #change(wish: Wish): Promise<void> {
    this.#wish = wish;
    if (!this.#attached) return;
    // What is in flight was judged by the filter before, and finishes or is abandoned.
    const told = this.#world.reconfigure(this.#endpoints);
    this.model.wishes(wish);
    await told;
  }

  async #silence(silence: 'paused', act: () => Promise<void>): Promise<void> {
    if (!this.#attached) return;
    await this.#world.during(act());
    this.model.silences.add(silence);
  }

  async #wake(silences: readonly Silence[], act: () => Promise<void>): Promise<void> {
    if (!this.#attached || !silences.some((silence) => this.model.silences.has(silence))) return;
    for (const silence of silences) this.model.silences.delete(silence);
    await this.#world.during(act());
  }

  async #disable(): Promise<void> {
    if (!this.#attached || this.model.silences.has('disabled')) return;
    await this.#world.during(this.#world.broadcaster.disable(NAME));
    this.model.silences.add('disabled');
    this.model.silences.delete('overflowed');
  }

  async #maintain(): Promise<void> {
    await this.#world.during(this.#world.maintenance.run());
    this.#nowMs = this.#world.clock.now();
    await this.#look(this.#nowMs - LETTERS_KEPT_MS);
    const kept = new Set(await keptSequences(this.database));
    const gone = this.model.events.map(({ sequence }) => sequence).filter((sequence) => !kept.has(sequence));
    const isCutOff = ({ reason }: ModelLetter): boolean => reason === 'overflow' || reason === 'disabled';
    const held = this.model.letters.filter((letter) => !isCutOff(letter));
    const needed = new Set([...this.model.open, ...held.flatMap(({ sequences }) => sequences)]);
    const lost = gone.filter((sequence) => needed.has(sequence));
    expect(lost, 'removed from the log although they are needed').toEqual([]);
    // What an endpoint was cut off from holds no part of the log: a replay says how much was gone.
    const cutOff = new Set(this.model.letters.filter(isCutOff).flatMap(({ sequences }) => sequences));
    for (const sequence of gone) if (cutOff.has(sequence)) this.model.forgiven.add(sequence);
  }

  async #together(steps: readonly EndpointStep[]): Promise<void> {
    const begun: Promise<void>[] = [];
    await this.#world.atOneMoment(async () => {
      for (const each of steps) {
        begun.push(this.#do(each).catch(passOver));
        await this.#world.calm();
      }
    });
    await Promise.all(begun);
  }

  async #replay(from: number, events: number): Promise<void> {
    if (!this.#attached || this.model.silences.has('disabled')) return;
    const job = await this.#world.replays.start(NAME, {
      selection: { kind: 'events', from, to: from + events - 1 },
    });
    if (job !== undefined) this.#noteReplay(job.id, 'events', job.firstSequence, job.lastSequence);
  }

  async #redrive(): Promise<void> {
    if (!this.#attached || this.model.silences.has('disabled')) return;
    const job = await this.#world.replays.start(NAME, { selection: { kind: 'dead-letters' } });
    if (job !== undefined) this.#noteReplay(job.id, 'dead-letters', job.firstSequence, job.lastSequence);
  }

  #noteReplay(id: string, of: 'events' | 'dead-letters', first: number, last: number): void {
    const fresh = { cancelled: false, steady: true, arrived: new Set<number>(), lastOfLane: new Map() };
    this.model.replays.set(id, { of, first, last, ...fresh });
  }

  async #cancel(which: number): Promise<void> {
    const jobs = [...this.model.replays];
    const [id, replay] = jobs[which % Math.max(1, jobs.length)] ?? [];
    if (id === undefined || replay === undefined) return;
    if ((await this.#world.during(this.#world.replays.cancel(id))) === 'cancelled') replay.cancelled = true;
  }

  readonly #givenUp = new Set<number>();

  async #giveUp(which: number): Promise<void> {
    const { letters } = this.model;
    const letter = letters[which % Math.max(1, letters.length)];
    if (letter === undefined) return;
    const isNew = !this.#givenUp.has(letter.id);
    // Somebody may look before this is told of it.
    this.#givenUp.add(letter.id);
    const fate = await this.#world.during(this.#world.letters.remove(NAME, letter.id));
    if (fate !== 'removed' && isNew) this.#givenUp.delete(letter.id);
  }

  async #redriveAll(): Promise<void> {
    for (let round = 0; round < 4 && this.model.letters.length > 0; round += 1) {
      await this.run({ do: 'redrive' });
      await this.#settle();
      await this.run({ do: 'save' });
    }
    expect(this.model.letters, 'letters that cannot be sent again').toEqual([]);
  }

  /** The endpoint takes everything, until nothing waits. */
  async #settle(): Promise<void> {
    for (let round = 0; round < 400; round += 1) {
      while (this.#world.held.length > 0) await this.run({ do: 'answer', which: 0, reply: 'take' });
      const open = await this.database.read(
        "SELECT 1 FROM replay_jobs WHERE state IN ('waiting', 'running') LIMIT 1",
      );
      const { Pending, cursor } = this.#world.broadcaster.endpoint(NAME).metrics;
      if (open.length === 0 && Pending === 0 && cursor === this.model.events.length) return;
      await this.run({ do: 'pass time', ms: 2_100 });
    }
    expect.fail(`it never ends: ${JSON.stringify(this.#world.broadcaster.endpoint(NAME).metrics)}`);
  }

  #noteState(): void {
    const state = this.#attached ? this.#world.broadcaster.endpoint(NAME).metrics.state : undefined;
    if (state === 'overflowed' || state === 'retired') this.model.silences.add(state);
  }

  async #look(agedBeforeMs: number): Promise<void> {
    const letters = await readLetters(this.database, this.model.events);
    this.model.lies(letters, this.#givenUp, agedBeforeMs);
  }
}

/** What is impossible after what began before it is not done. */
function passOver(error: unknown): void {
  if (!(error instanceof NotificationsError)) throw error;
}
