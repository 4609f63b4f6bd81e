import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Database } from '@herald/database';
import { Clock } from '../delivery/clock.js';
import { Broadcaster } from '../sinks/broadcaster.js';
import type { EndpointSink } from '../sinks/endpoint-sink.js';
import { BacklogAlarm, type BacklogLevel } from './backlog-alarm.js';
import { cutOffEvents, letterLine, type CutOffEvents } from './cut-off.js';

/** ms between two looks at the backlogs: how far one may grow past its bound. */
const LOOK_EVERY_MS = 1_000;

/** ms after which the dead letter of an endpoint that has overflowed grows by what came since. */
const GATHER_EVERY_MS = 60_000;

/**
 * Keeps the backlog of each endpoint within its bound (guarantee G5): says when it has grown past 50, 75 and 90 %, and at the bound
 * stops the endpoint, or says that changes are refused. An endpoint that was stopped is enabled by an operator, and by nobody else.
 */
@Injectable()
export class BacklogWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('BacklogWatch');
  readonly #alarms = new Map<string, BacklogAlarm>();
  readonly #refusing = new Set<string>();
  #stopped = false;
  #underWay: Promise<void> = Promise.resolve();
  #gatheredMs = Number.NEGATIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly broadcaster: Broadcaster,
  ) {}

  onApplicationBootstrap(): void {
    this.#underWay = this.#turn();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer?.();
    await this.#underWay;
  }

  async #turn(): Promise<void> {
    // Where the database fails others say so; the next look comes all the same.
    await this.look().catch(() => undefined);
    if (this.#stopped) return;
    this.#cancelTimer = this.clock.setTimer(LOOK_EVERY_MS, () => {
      this.#underWay = this.#turn();
    });
  }

  /** Looks at every endpoint once. @throws DatabaseError */
  async look(): Promise<void> {
    const cutOff = await cutOffEvents(this.database);
    const gathers = this.clock.monotonic() - this.#gatheredMs >= GATHER_EVERY_MS;
    if (gathers) this.#gatheredMs = this.clock.monotonic();
    for (const sink of this.broadcaster.endpoints) {
      if (this.#stopped) return;
      sink.cutOffEvents = cutOff.get(sink.name) ?? 0;
      await this.#watch(sink, gathers);
    }
  }

  async #watch(sink: EndpointSink, gathers: boolean): Promise<void> {
    const { share, refusing } = sink.backlog;
    const level = this.#alarm(sink.name).observe(share);
    if (level !== undefined && level < 1) this.#warn(sink, level);
    this.#tellRefusing(sink, refusing);
    if (share < 1 && !gathers) return;
    const kept = await sink.keepWithinBound();
    if (kept?.stopped === true) this.#tellStopped(sink, kept.added);
  }

  #alarm(name: string): BacklogAlarm {
    const alarm = this.#alarms.get(name) ?? new BacklogAlarm();
    this.#alarms.set(name, alarm);
    return alarm;
  }

  #warn(sink: EndpointSink, level: BacklogLevel): void {
    const { Pending, deadLetters } = sink.metrics;
    this.#logger.warn(
      `${who(sink)}: its backlog is at ${level * 100} % of its bound (${Pending} events pending, ${deadLetters} dead)`,
      { endpoint: sink.name },
    );
  }

  #tellRefusing(sink: EndpointSink, refusing: boolean): void {
    if (refusing === this.#refusing.has(sink.name)) return;
    if (refusing) {
      this.#refusing.add(sink.name);
      this.#logger.error(
        `${who(sink)}: its backlog has reached its bound: changes that it wants to hear of are refused, and events of pulls shed, until it has taken a tenth of it`,
        { endpoint: sink.name },
      );
    } else {
      this.#refusing.delete(sink.name);
      this.#logger.log(`${who(sink)}: its backlog has shrunk: changes are accepted again`, {
        endpoint: sink.name,
      });
    }
  }

  #tellStopped(sink: EndpointSink, added: CutOffEvents | undefined): void {
    const letter = added === undefined ? 'its dead letters alone fill it' : letterLine(added);
    this.#logger.error(
      `${who(sink)}: its backlog has reached its bound: it is stopped until an operator enables it; ${letter}`,
      { endpoint: sink.name },
    );
  }
}

function who({ name, origin }: EndpointSink): string {
  return `endpoint ${name} (${origin})`;
}
