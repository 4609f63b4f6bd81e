import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { backlogBound } from '../backlog/backlog-bound.js';
import type { DetachedEndpoint } from '../event-log/endpoint-states.js';
import { EventLog } from '../event-log/event-log.js';
import { ProgressStore } from '../event-log/progress-store.js';
import { NotificationsError } from '../notifications.error.js';
import { NOTIFICATIONS_OPTIONS } from '../notifications.module-definition.js';
import type { NotificationsOptions } from '../notifications.options.js';
import { HERALD_USER_AGENT } from '../version.js';
import { endpointSettings, type EndpointSettings } from './endpoint-settings.js';
import { EndpointSink } from './endpoint-sink.js';

const DEFAULT_DRAIN_TIMEOUT_MS = 10_000;

/**
 * Feeds every endpoint from the event log: makes a sink for each, wakes them when the log was appended to, and stops them before the
 * application ends. The sinks share the log and nothing else, so that none can hold up another.
 */
@Injectable()
export class Broadcaster implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('Broadcaster');
  readonly #sinks = new Map<string, EndpointSink>();
  #detached: readonly DetachedEndpoint[] = [];
  #stopListening: (() => void) | undefined;

  constructor(
    @Inject(NOTIFICATIONS_OPTIONS) private readonly options: NotificationsOptions,
    private readonly modules: ModuleRef,
    private readonly log: EventLog,
    private readonly progress: ProgressStore,
  ) {}

  /** The sinks of all endpoints that are configured and not disabled, in the order of the configuration. */
  get endpoints(): readonly EndpointSink[] {
    return [...this.#sinks.values()];
  }

  /** @throws NotificationsError `ENDPOINT_UNKNOWN` */
  endpoint(name: string): EndpointSink {
    const sink = this.#sinks.get(name);
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
    const sink = this.endpoint(name);
    await this.progress.storePause(name, true);
    sink.pause();
  }

  /** Ends a pause. @throws as {@link pause} */
  async resume(name: string): Promise<void> {
    const sink = this.endpoint(name);
    await this.progress.storePause(name, false);
    sink.resume();
  }

  /** Sends again to an endpoint that had retired, or had overflowed. @throws NotificationsError `ENDPOINT_UNKNOWN`; DatabaseError */
  async enable(name: string): Promise<void> {
    await this.endpoint(name).enable();
    await this.progress.flush();
  }

  /** Forgets endpoints that were detached longer ago than that, with all that was kept of them. @returns them @throws DatabaseError */
  async forgetDetached(detachedForMs: number): Promise<readonly DetachedEndpoint[]> {
    const forgotten = await this.progress.forget(detachedForMs);
    this.#detached = await this.progress.detached();
    return forgotten;
  }

  /** From here on nothing that is appended is missed by an endpoint, be it new or not. */
  async onModuleInit(): Promise<void> {
    const { endpoints, userAgent = HERALD_USER_AGENT, addresses, backlog } = this.options;
    const enabled = endpoints.filter(({ disabled }) => disabled !== true);
    const settings = enabled.map((endpoint) => {
      const own = { ...endpoint, backlog: backlogBound(backlog, endpoint.backlog) };
      return endpointSettings(own, userAgent, addresses);
    });
    await this.#reconcile(settings);
    for (const each of settings) this.#sinks.set(each.name, await this.#open(each));
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
    this.#stopListening?.();
    const deadlineMs = this.options.drainTimeoutMs ?? DEFAULT_DRAIN_TIMEOUT_MS;
    await Promise.all(this.endpoints.map((sink) => sink.stop(deadlineMs)));
    await this.progress.flush();
  }

  #wake(): void {
    for (const sink of this.#sinks.values()) sink.wake();
  }

  async #reconcile(settings: readonly EndpointSettings[]): Promise<void> {
    const disabled = this.options.endpoints.filter((endpoint) => endpoint.disabled === true);
    const names = disabled.map(({ name }) => name);
    for (const name of names) this.#logger.log(`endpoint ${name} is disabled: nothing is kept for it`);
    for (const name of await this.progress.reconcile(settings, names)) {
      this.#logger.warn(
        `endpoint ${name} is not configured any more: it is detached, and what it has not got is kept`,
      );
    }
  }

  async #open(settings: EndpointSettings): Promise<EndpointSink> {
    const progress = await this.progress.read(settings.name);
    if (progress === undefined) throw new Error(`endpoint ${settings.name} is not in the database`);
    const sink = await this.modules.create(EndpointSink);
    sink.open(settings, progress);
    return sink;
  }
}
