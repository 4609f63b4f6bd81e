import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { letterLine } from '../backlog/cut-off.js';
import { backlogBound } from '../backlog/backlog-bound.js';
import type { EndpointProgress } from '../event-log/endpoint-rows.js';
import type { DetachedEndpoint } from '../event-log/endpoint-states.js';
import { EventLog } from '../event-log/event-log.js';
import type { Reconciled } from '../event-log/reconcile-endpoints.js';
import { ProgressStore } from '../event-log/progress-store.js';
import { NotificationsError } from '../notifications.error.js';
import { NOTIFICATIONS_OPTIONS } from '../notifications.module-definition.js';
import type { EndpointOptions, NotificationsOptions } from '../notifications.options.js';
import { checkedOptions } from '../notifications.options-check.js';
import { Transports } from '../transports/transports.js';
import { HERALD_USER_AGENT } from '../version.js';
import { beginningLine } from './beginning-line.js';
import { endpointSettings, type EndpointSettings } from './endpoint-settings.js';
import { EndpointSink } from './endpoint-sink.js';
import {
  planOf,
  type ChangedEndpoint,
  type EndpointsConfiguration,
  type Reconfiguration,
  type ReconfigurationPlan,
} from './reconfiguration.js';
import { Turns } from './turns.js';

const DEFAULT_DRAIN_TIMEOUT_MS = 10_000;

/**
 * Feeds every endpoint from the event log: makes a sink for each, wakes them when the log was appended to, and stops them before the
 * application ends. The sinks share the log and nothing else, so that none can hold up another.
 */
@Injectable()
export class Broadcaster implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('Broadcaster');
  #sinks = new Map<string, EndpointSink>();
  readonly #turns = new Turns();
  #configured: EndpointsConfiguration;
  #detached: readonly DetachedEndpoint[] = [];
  #closing = false;
  #stopListening: (() => void) | undefined;

  constructor(
    @Inject(NOTIFICATIONS_OPTIONS) private readonly options: NotificationsOptions,
    private readonly modules: ModuleRef,
    private readonly log: EventLog,
    private readonly progress: ProgressStore,
    private readonly transports: Transports,
  ) {
    const { endpoints, addresses } = options;
    this.#configured = { endpoints, ...(addresses !== undefined && { addresses }) };
  }

  /** The endpoints as they are configured at this moment, disabled ones too. */
  get configured(): readonly EndpointOptions[] {
    return this.#configured.endpoints;
  }

  /** The sinks of all endpoints that are configured and not disabled, in the order of the configuration. */
  get endpoints(): readonly EndpointSink[] {
    return [...this.#sinks.values()];
  }

  /** The sink of that name; undefined when none is configured and enabled. */
  find(name: string): EndpointSink | undefined {
    return this.#sinks.get(name);
  }

  /** @throws NotificationsError `ENDPOINT_UNKNOWN` */
  endpoint(name: string): EndpointSink {
    const sink = this.find(name);
    if (sink === undefined) {
      throw new NotificationsError('ENDPOINT_UNKNOWN', 'no endpoint of that name is configured and enabled');
    }
    return sink;
  }

  /** Endpoints that are not configured any more, and that resume when they come back before they are forgotten. */
  get detached(): readonly DetachedEndpoint[] {
    return this.#detached;
  }

  /**
   * Sends nothing to an endpoint until {@link resume}, over restarts and changes of its settings; its events wait. Durable when it
   * resolves.
   *
   * @throws NotificationsError `ENDPOINT_UNKNOWN`; DatabaseError when it cannot be stored: nothing has changed then
   */
  async pause(name: string): Promise<void> {
    this.endpoint(name);
    await this.progress.storePause(name, true);
    // Whoever has the name now: it may have been let go and brought back meanwhile.
    this.find(name)?.pause();
  }

  /** Ends a pause. @throws as {@link pause} */
  async resume(name: string): Promise<void> {
    this.endpoint(name);
    await this.progress.storePause(name, false);
    this.find(name)?.resume();
  }

  /**
   * Sends nothing to an endpoint and keeps nothing for it until {@link enable}, over restarts and changes of its settings, as if it were
   * configured as disabled. What it has not got becomes one dead letter, and its replays end. Durable when it resolves.
   *
   * @throws NotificationsError `ENDPOINT_UNKNOWN`; DatabaseError
   */
  async disable(name: string): Promise<void> {
    return this.#turns.take(async () => {
      const sink = this.endpoint(name);
      if (sink.metrics.state === 'disabled') return;
      const added = await sink.disable();
      const letter = added === undefined ? 'nothing was pending' : letterLine(added);
      this.#logger.warn(
        `endpoint ${name} (${sink.origin}) is disabled until an operator enables it: nothing is kept for it; ${letter}`,
        { endpoint: name },
      );
    });
  }

  /** Sends again to an endpoint that had retired, had overflowed, or was disabled by {@link disable}. @throws NotificationsError `ENDPOINT_UNKNOWN`; DatabaseError */
  async enable(name: string): Promise<void> {
    return this.#turns.take(async () => {
      await this.endpoint(name).enable();
      await this.progress.flush();
    });
  }

  /**
   * Puts other endpoints in place of those that are configured, as a restart with them would: an endpoint is its name. What is unchanged is
   * not touched, and what waits is kept; one that was changed finishes its requests and goes on where it stood. One call after another.
   *
   * @throws NotificationsError `OPTIONS_INVALID`, `CLOSED`; DatabaseError when it cannot be stored. Nothing has changed then
   */
  reconfigure(configuration: EndpointsConfiguration): Promise<Reconfiguration> {
    const { endpoints, addresses } = configuration;
    return this.#turns.take(() =>
      this.#reconfigure({ endpoints, ...(addresses !== undefined && { addresses }) }),
    );
  }

  /** Does something to endpoints while none is being disabled, enabled or reconfigured. */
  undisturbed<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#turns.take(work);
  }

  /** Forgets endpoints that were detached longer ago than that, with all that was kept of them. @returns them @throws DatabaseError */
  async forgetDetached(detachedForMs: number): Promise<readonly DetachedEndpoint[]> {
    const forgotten = await this.progress.forget(detachedForMs);
    this.#detached = await this.progress.detached();
    return forgotten;
  }

  /** From here on nothing that is appended is missed by an endpoint, be it new or not. @throws NotificationsError `OPTIONS_INVALID` */
  async onModuleInit(): Promise<void> {
    this.progress.claim();
    try {
      await this.#openAll();
    } catch (error) {
      this.progress.release();
      throw error;
    }
  }

  async #openAll(): Promise<void> {
    const settings = this.#settingsOf(this.#configured);
    const disabled = this.options.endpoints.filter((endpoint) => endpoint.disabled === true);
    const names = disabled.map(({ name }) => name);
    const { detached, added } = await this.progress.reconcile(settings, names);
    this.#tell({ disabled: names, detached });
    for (const each of settings) this.#sinks.set(each.name, await this.#open(each, added));
    this.#detached = await this.progress.detached();
    this.log.keepOnly((record) => this.endpoints.some((sink) => sink.wants(record)));
    this.log.refuseFor((record) => this.endpoints.find((sink) => sink.refuses(record))?.name);
  }

  onApplicationBootstrap(): void {
    this.#stopListening = this.log.onAppended(() => this.#wake());
    this.#wake();
  }

  /** No new requests; those under way finish, or are abandoned at the deadline; then how far all have come is stored. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#closing = true;
    this.#stopListening?.();
    await this.#turns.take(() => Promise.resolve());
    const deadlineMs = this.options.drainTimeoutMs ?? DEFAULT_DRAIN_TIMEOUT_MS;
    await Promise.all(this.endpoints.map((sink) => sink.stop(deadlineMs)));
    await this.progress.flush();
    this.progress.release();
  }

  #wake(): void {
    for (const sink of this.#sinks.values()) sink.wake();
  }

  async #reconfigure(next: EndpointsConfiguration): Promise<Reconfiguration> {
    if (this.#closing) throw new NotificationsError('CLOSED', 'the application is shutting down');
    checkedOptions({ ...this.options, ...next });
    const settings = this.#settingsOf(next);
    for (const each of settings) this.transports.check(each);
    const plan = planOf(this.#configured, next);
    const halted = [...plan.changed, ...plan.detached, ...plan.disabled].flatMap(
      (name) => this.#sinks.get(name) ?? [],
    );
    await Promise.all(halted.map((sink) => sink.interrupt()));
    const { changed, added, detached } = await this.#store(next, settings, plan).catch(
      async (error: unknown) => {
        await Promise.all(halted.map((sink) => this.#goOn(sink, sink.settings)));
        throw error;
      },
    );
    await this.#replace(settings, plan, added);
    const resumed = plan.opened.filter((name) => !added.includes(name));
    this.#detached = await this.progress.detached();
    this.#configured = next;
    const { disabled, unchanged } = plan;
    this.#tell({ disabled, detached });
    return { added, resumed, changed, detached, disabled, unchanged };
  }

  /** Has the database agree with the configuration, and counts what changed filters mean. @throws DatabaseError */
  async #store(
    { endpoints }: EndpointsConfiguration,
    settings: readonly EndpointSettings[],
    { changed }: ReconfigurationPlan,
  ): Promise<Reconciled & { readonly changed: readonly ChangedEndpoint[] }> {
    const told: ChangedEndpoint[] = [];
    for (const each of settings.filter(({ name }) => changed.includes(name))) {
      const sink = this.endpoint(each.name);
      const sameFilter = sink.settings.selection === each.selection;
      told.push({ name: each.name, ...(sameFilter ? {} : await sink.judgeAgain(each.wants)) });
    }
    const disabled = endpoints.filter((endpoint) => endpoint.disabled === true);
    const reconciled = await this.progress.reconcile(
      settings,
      disabled.map(({ name }) => name),
    );
    return { ...reconciled, changed: told };
  }

  /** Puts the sinks in the order of the configuration; those of unchanged endpoints stay as they are. */
  async #replace(
    settings: readonly EndpointSettings[],
    { changed }: ReconfigurationPlan,
    added: readonly string[],
  ): Promise<void> {
    const sinks = new Map<string, EndpointSink>();
    for (const each of settings) {
      const sink = this.#sinks.get(each.name);
      if (sink !== undefined && changed.includes(each.name)) await this.#goOn(sink, each);
      else sink?.reopen();
      sinks.set(each.name, sink ?? (await this.#open(each, added)));
    }
    this.#sinks = sinks;
    this.#wake();
  }

  #tell({ disabled, detached }: Pick<Reconfiguration, 'disabled' | 'detached'>): void {
    for (const name of disabled) this.#logger.log(`endpoint ${name} is disabled: nothing is kept for it`);
    for (const name of detached) {
      this.#logger.warn(
        `endpoint ${name} is not configured any more: it is detached, and what it has not got is kept`,
      );
    }
  }

  #settingsOf({ endpoints, addresses }: EndpointsConfiguration): readonly EndpointSettings[] {
    const { userAgent = HERALD_USER_AGENT, backlog } = this.options;
    const enabled = endpoints.filter(({ disabled }) => disabled !== true);
    return enabled.map((endpoint) => {
      const own = { ...endpoint, backlog: backlogBound(backlog, endpoint.backlog) };
      return endpointSettings(own, userAgent, addresses);
    });
  }

  async #goOn(sink: EndpointSink, settings: EndpointSettings): Promise<void> {
    sink.open(settings, await this.#progressOf(settings.name));
    sink.wake();
  }

  /** @param added names that the database did not know before */
  async #open(settings: EndpointSettings, added: readonly string[]): Promise<EndpointSink> {
    const { name, from } = settings;
    const progress = await this.#progressOf(name);
    if (added.includes(name) && from !== 'now')
      this.#logger.log(beginningLine(name, from, progress.position.cursor + 1), { endpoint: name });
    const sink = await this.modules.create(EndpointSink);
    sink.open(settings, progress);
    return sink;
  }

  async #progressOf(name: string): Promise<EndpointProgress> {
    const progress = await this.progress.read(name);
    if (progress === undefined) throw new Error(`endpoint ${name} is not in the database`);
    return progress;
  }
}
