import { DatabaseSync } from 'node:sqlite';
import { Availability } from './availability.js';
import { checkBackup, isMade } from './backup-checks.js';
import { Client } from './client.js';
import { checkCollections } from './collection-checks.js';
import { Connection } from './connection.js';
import { checkDataDirectory, unheardUploads } from './data-directory-checks.js';
import { checkNumbers, compareOrder, compareWithJournal } from './event-checks.js';
import { factOf, isCollected } from './fact.js';
import type { Finding } from './finding.js';
import { QUIET, settingsOf, type Generation } from './generation.js';
import { INSPECTOR, untilDelivered, untilReplayed } from './inspection.js';
import { Journal } from './journal.js';
import { KillableRegistry, type Run } from './killable-registry.js';
import { compareWithLog, eventsOf } from './log-checks.js';
import { Looks } from './looks.js';
import { OperatorRecord, type BackupAsked } from './operator-record.js';
import { Operator } from './operator.js';
import { losePower, type PowerLoss } from './power-loss.js';
import type { Random } from './random.js';
import { TroubledReceiver, type Arrival } from './receiver.js';
import { checkReplays } from './replay-checks.js';
import { compareWithServed } from './served-checks.js';
import { Workload } from './workload.js';

const CLIENTS = 6;

/** Characters of the program's output that a finding quotes. */
const LAST_WORDS = 1_000;

/** A run of the program: whether somebody wanted its end, and what ends with it. */
class Life {
  mayEnd = false;
  readonly #over = new AbortController();

  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** Whoever works for it lets go. */
  end(): void {
    this.#over.abort();
  }
}

/** A registry with a data directory, clients that work with it over any number of crashes, and a receiver of its events. */
export class CrashArena {
  readonly journal = new Journal();
  readonly record = new OperatorRecord();
  readonly receiver: TroubledReceiver;
  readonly registry: KillableRegistry;
  readonly #availability = new Availability();
  #losses = 0;
  #clients: readonly Client[] = [];
  #working: Promise<unknown> = Promise.resolve();
  #operating: Promise<unknown> = Promise.resolve();
  #life = new Life();
  #cleanly = true;
  #editions = 0;
  #looks: Looks | undefined;

  private constructor(
    private readonly random: Random,
    receiver: TroubledReceiver,
    power: boolean,
  ) {
    this.receiver = receiver;
    this.registry = new KillableRegistry(power);
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
  async launch(generation: Generation): Promise<Run> {
    await this.kill();
    await this.#operating;
    const life = new Life();
    life.mayEnd = generation.crashPoint !== undefined;
    this.#life = life;
    this.#configure(generation);
    this.record.runs.push({
      launchedAtMs: Date.now(),
      collectsUntagged: generation.untagged === 'collect',
      afterCrash: !this.#cleanly,
    });
    this.#cleanly = false;
    const run = await this.registry.launch(generation.crashPoint);
    this.#operating = this.#operate(run, life, generation);
    void this.#watch(run, life);
    if (this.#clients.length === 0) this.#startWork();
    return run;
  }

  /** Ends the registry by SIGKILL, whatever it is doing. */
  async kill(): Promise<void> {
    this.#life.mayEnd = true;
    await this.registry.kill();
  }

  /** Ends the registry as an operator does, while clients work. */
  async stop(): Promise<void> {
    this.#life.mayEnd = true;
    this.journal.stopping = true;
    const code = await this.registry.stop();
    this.journal.stopping = false;
    this.#cleanly = code === 0;
    if (code !== 0)
      this.journal.surprises.push(`the registry was stopped and gave ${code}: ${this.#lastWords()}`);
  }

  /** Ends the registry, and takes what was not synced. */
  async losePower(): Promise<PowerLoss> {
    await this.kill();
    this.#losses += 1;
    return losePower(this.registry.database, this.registry.record, this.random.fork(`power ${this.#losses}`));
  }

  /** Lets the clients finish, waits until everything is delivered, and compares. The registry is stopped afterwards. */
  async settle(): Promise<readonly Finding[]> {
    const run = await this.launch(QUIET);
    if ((await run.ready) !== 'serving') {
      return [{ kind: 'unexplained', what: `the registry does not start: ${this.#lastWords()}` }];
    }
    for (const client of this.#clients) client.stop();
    await this.#working;
    await this.receiver.recover();
    const connection = new Connection(this.registry.url, { maxSockets: CLIENTS });
    const operator = this.#operator('settling');
    await operator.collect();
    const findings = await untilDelivered(connection);
    const facts = this.arrivals.map(({ event }) => factOf(event));
    findings.push(...(await compareWithServed(connection, this.journal, facts)));
    findings.push(...(await untilDelivered(connection)));
    await Promise.all([operator.replay(false), operator.backUp()]);
    findings.push(...(await untilReplayed(operator)));
    operator.close();
    connection.close();
    await this.stop();
    return [...findings, ...this.#compare(), ...this.#unexplained()];
  }

  /** First arrivals of what the clients did. */
  get arrivals(): readonly Arrival[] {
    return this.receiver.arrivals.filter(({ event }) => event.request.useragent !== INSPECTOR);
  }

  /** Backups that came to their end. */
  get backups(): readonly BackupAsked[] {
    return this.record.backups.filter(isMade);
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
    const looks = new Looks(new Connection(url, { maxSockets: CLIENTS }), this.journal);
    this.#looks = looks;
    this.receiver.onFirst = ({ event }) => {
      this.journal.heard += 1;
      void looks.look(event);
    };
    this.#clients = Array.from({ length: CLIENTS }, (_, index) => {
      const name = `client ${index}`;
      const workload = new Workload(this.random.fork(name), name);
      return new Client(workload, this.journal, new Connection(url), this.#availability);
    });
    this.#working = Promise.all(this.#clients.map((client) => client.run()));
  }

  #configure(generation: Generation): void {
    this.#editions += 1;
    this.registry.configure(settingsOf(generation, this.receiver.url, this.#editions));
  }

  #operator(name: string): Operator {
    const { registry, journal, record } = this;
    const operated = {
      directory: registry.directory,
      data: registry.data,
      configure: (generation: Generation) => this.#configure(generation),
      hangUp: () => registry.hangUp(),
    };
    return new Operator(operated, journal, record, this.random.fork(`operator ${name}`));
  }

  async #operate({ ready, ended }: Run, life: Life, generation: Generation): Promise<void> {
    void ended.then(() => life.end());
    if (generation.duties.length === 0 || (await ready) !== 'serving') return;
    const operator = this.#operator(String(this.record.runs.length));
    await operator.work(generation, life.over);
    operator.close();
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
    const { journal, record, arrivals, receiver } = this;
    const database = new DatabaseSync(this.registry.database, { readOnly: true });
    try {
      const log = eventsOf(database);
      const collected = log.map(({ event }) => event).filter(isCollected);
      return [
        ...compareWithJournal(journal, arrivals),
        ...compareOrder(journal, arrivals),
        ...checkNumbers(receiver.arrivals, receiver.renumbered),
        ...(this.#looks?.check(collected) ?? []),
        ...compareWithLog(log, arrivals),
        ...checkCollections(log, journal, record),
        ...checkReplays(database, log, record, receiver),
        ...this.backups.flatMap((backup) => checkBackup(backup, log, journal)),
        ...checkDataDirectory(this.registry.data, database, journal),
      ];
    } finally {
      database.close();
    }
  }

  #unexplained(): readonly Finding[] {
    const { losses, surprises } = this.journal;
    const { broken, surprises: others } = this.record;
    return [
      ...losses.map((what): Finding => ({ kind: 'lost', what })),
      ...broken.map((what): Finding => ({ kind: 'unreadable', what })),
      ...[...surprises, ...others].map((what): Finding => ({ kind: 'unexplained', what })),
    ];
  }
}
