import { DatabaseSync } from 'node:sqlite';
import { Availability } from './availability.js';
import { Client } from './client.js';
import { Connection } from './connection.js';
import { checkDataDirectory, unheardUploads } from './data-directory-checks.js';
import { checkNumbers, compareOrder, compareWithJournal } from './event-checks.js';
import { factOf } from './fact.js';
import type { Finding } from './finding.js';
import { INSPECTOR, untilDelivered } from './inspection.js';
import { Journal } from './journal.js';
import { KillableRegistry, type Run } from './killable-registry.js';
import { compareWithLog } from './log-checks.js';
import { Looks } from './looks.js';
import { losePower, type PowerLoss } from './power-loss.js';
import type { Random } from './random.js';
import { TroubledReceiver, type Arrival } from './receiver.js';
import { compareWithServed } from './served-checks.js';
import { Workload } from './workload.js';

const CLIENTS = 6;

/** Characters of the program's output that a finding quotes. */
const LAST_WORDS = 1_000;

/** Whether somebody wanted the end of a run of the program. */
interface Life {
  mayEnd: boolean;
}

/** A registry with a data directory, clients that work with it over any number of crashes, and a receiver of its events. */
export class CrashArena {
  readonly journal = new Journal();
  readonly receiver: TroubledReceiver;
  readonly registry: KillableRegistry;
  readonly #availability = new Availability();
  #losses = 0;
  #clients: readonly Client[] = [];
  #working: Promise<unknown> = Promise.resolve();
  #life: Life = { mayEnd: false };
  #looks: Looks | undefined;

  private constructor(
    private readonly random: Random,
    receiver: TroubledReceiver,
    power: boolean,
  ) {
    this.receiver = receiver;
    const endpoint = { name: 'receiver', url: receiver.url, timeout: '10s', backoff: '20ms' };
    this.registry = new KillableRegistry({ endpoints: [endpoint], log: { level: 'warn' } }, power);
    this.journal.forgetsUploads = power;
  }

  /** @param power the power is going to fail too, which takes what was not synced of unfinished uploads */
  static async open(random: Random, { power = false } = {}): Promise<CrashArena> {
    const receiver = new TroubledReceiver(random.fork('receiver'));
    await receiver.start();
    return new CrashArena(random, receiver, power);
  }

  /** Uploads that a crash left in the data directory, and that no client was ever told of. */
  get unheardUploads(): number {
    return unheardUploads(this.registry.data, this.journal).length;
  }

  /** Starts the registry, and with the first start the clients. A registry that still runs is killed before. */
  async launch(crashPoint?: string): Promise<Run> {
    await this.kill();
    const life = { mayEnd: crashPoint !== undefined };
    this.#life = life;
    const run = await this.registry.launch(crashPoint);
    void this.#watch(run, life);
    if (this.#clients.length === 0) this.#startWork();
    return run;
  }

  /** Ends the registry by SIGKILL, whatever it is doing. */
  async kill(): Promise<void> {
    this.#life.mayEnd = true;
    await this.registry.kill();
  }

  /** Ends the registry, and takes what was not synced. */
  async losePower(): Promise<PowerLoss> {
    await this.kill();
    this.#losses += 1;
    return losePower(this.registry.database, this.registry.record, this.random.fork(`power ${this.#losses}`));
  }

  /** Lets the clients finish, waits until everything is delivered, and compares. The registry is stopped afterwards. */
  async settle(): Promise<readonly Finding[]> {
    const run = await this.launch();
    if ((await run.ready) !== 'serving') {
      return [{ kind: 'unexplained', what: `the registry does not start: ${this.#lastWords()}` }];
    }
    for (const client of this.#clients) client.stop();
    await this.#working;
    await this.receiver.recover();
    const connection = new Connection(this.registry.url, CLIENTS);
    const findings = await untilDelivered(connection);
    const facts = this.arrivals.map(({ event }) => factOf(event));
    findings.push(...(await compareWithServed(connection, this.journal, facts)));
    findings.push(...(await untilDelivered(connection)));
    connection.close();
    this.#life.mayEnd = true;
    const code = await this.registry.stop();
    if (code !== 0) findings.push({ kind: 'unexplained', what: `the registry was stopped and gave ${code}` });
    return [...findings, ...this.#compare(), ...this.#unexplained()];
  }

  /** First arrivals of what the clients did. */
  get arrivals(): readonly Arrival[] {
    return this.receiver.arrivals.filter(({ event }) => event.request.useragent !== INSPECTOR);
  }

  /** @param keep leaves the data directory for whoever wants to look into it */
  async dispose(keep: boolean): Promise<void> {
    this.#looks?.close();
    if (keep) await this.kill();
    else await this.registry.dispose();
    await this.receiver.stop();
  }

  #startWork(): void {
    const { url } = this.registry;
    const looks = new Looks(new Connection(url, CLIENTS), this.journal);
    this.#looks = looks;
    this.receiver.onFirst = ({ event }) => void looks.look(event);
    this.#clients = Array.from({ length: CLIENTS }, (_, index) => {
      const name = `client ${index}`;
      const workload = new Workload(this.random.fork(name), name);
      return new Client(workload, this.journal, new Connection(url), this.#availability);
    });
    this.#working = Promise.all(this.#clients.map((client) => client.run()));
  }

  async #watch({ ready, ended }: Run, life: Life): Promise<void> {
    if ((await ready) === 'serving') this.#availability.isUp();
    await ended;
    this.#availability.isDown();
    if (!life.mayEnd) this.journal.surprises.push(`the registry died by itself: ${this.#lastWords()}`);
  }

  #lastWords(): string {
    return this.registry.output.slice(-LAST_WORDS);
  }

  #compare(): readonly Finding[] {
    const { journal, arrivals } = this;
    const database = new DatabaseSync(this.registry.database, { readOnly: true });
    try {
      return [
        ...compareWithJournal(journal, arrivals),
        ...compareOrder(journal, arrivals),
        ...checkNumbers(this.receiver.arrivals, this.receiver.renumbered),
        ...(this.#looks?.check() ?? []),
        ...compareWithLog(database, arrivals),
        ...checkDataDirectory(this.registry.data, database, journal),
      ];
    } finally {
      database.close();
    }
  }

  #unexplained(): readonly Finding[] {
    const { losses, surprises } = this.journal;
    return [
      ...losses.map((what): Finding => ({ kind: 'lost', what })),
      ...surprises.map((what): Finding => ({ kind: 'unexplained', what })),
    ];
  }
}
