import { Controller, Get, HttpCode, Param, Post, UseGuards } from '@nestjs/common';
import {
  Broadcaster,
  Clock,
  EventIds,
  EventLog,
  type EndpointDetail,
  type EndpointMetricsSnapshot,
  type EndpointSink,
} from '@herald/notifications';
import { RegistryError } from '../../http/registry-error.js';
import { AdminGuard } from './admin.guard.js';
import { configuredEndpoint } from './configured-endpoint.js';
import { Describe, type AdminOperation } from './openapi/admin-operation.js';
import { FAULT } from './openapi/admin-schemas.js';
import { COUNT, DURATION_MS, FLAG, list, named, object, oneOf, TEXT } from './openapi/schema.js';

/** An endpoint as the admin API shows it: scheme and host are all that is shown of its URL. */
interface EndpointView extends Omit<EndpointMetricsSnapshot, 'oldestPendingAtMs' | 'lastSuccessAtMs'> {
  readonly name: string;
  readonly origin: string;
  /** Events in the log, wanted or not, after the one up to which the endpoint is done. */
  readonly lag: number;
  readonly oldestPendingAt?: string;
  readonly lastSuccessAt?: string;
}

const ENDPOINT: Pick<AdminOperation, 'answer' | 'refusals'> = {
  answer: { description: 'The endpoint as it is now', schema: named('EndpointDetail') },
  refusals: ['ENDPOINT_UNKNOWN'],
};

/** How endpoints fare, and what operators do with them. Settings are not changed here: the file is their only truth. */
@Controller('admin/v1/endpoints')
@UseGuards(AdminGuard)
export class EndpointsAdminController {
  constructor(
    private readonly broadcaster: Broadcaster,
    private readonly log: EventLog,
    private readonly ids: EventIds,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Describe({
    summary: 'All endpoints, and those that are configured no more and not yet forgotten',
    answer: {
      description: "The log's UUID, the last sequence that it gave, and the endpoints",
      schema: object({
        log: { ...TEXT, format: 'uuid' },
        head: COUNT,
        endpoints: list(named('Endpoint')),
        detached: list(named('DetachedEndpoint')),
      }),
    },
  })
  async list() {
    const head = await this.log.head();
    return {
      log: this.log.uuid,
      head,
      endpoints: this.broadcaster.endpoints.map((sink) => viewOf(sink, head)),
      detached: this.broadcaster.detached.map(({ name, detachedAtMs, cursor, deadLetters }) => ({
        name,
        detachedAt: new Date(detachedAtMs).toISOString(),
        lag: Math.max(0, head - cursor),
        deadLetters,
      })),
    };
  }

  @Get(':name')
  @Describe({ summary: 'One endpoint', ...ENDPOINT })
  async one(@Param('name') name: string): Promise<EndpointDetailView> {
    const sink = configuredEndpoint(this.broadcaster, name);
    return { ...viewOf(sink, await this.log.head()), detail: detailView(sink.detail) };
  }

  @Post(':name/pause')
  @HttpCode(200)
  @Describe({
    summary: 'Send an endpoint nothing until it is resumed',
    description: 'Its events wait. Over restarts and changes of its settings.',
    ...ENDPOINT,
  })
  async pause(@Param('name') name: string): Promise<EndpointDetailView> {
    configuredEndpoint(this.broadcaster, name);
    await this.broadcaster.pause(name);
    return this.one(name);
  }

  @Post(':name/resume')
  @HttpCode(200)
  @Describe({ summary: 'End the pause of an endpoint', ...ENDPOINT })
  async resume(@Param('name') name: string): Promise<EndpointDetailView> {
    configuredEndpoint(this.broadcaster, name);
    await this.broadcaster.resume(name);
    return this.one(name);
  }

  /** Like `disabled` in the file, but for the dead letter. */
  @Post(':name/disable')
  @HttpCode(200)
  @Describe({
    summary: 'Send an endpoint nothing, and keep nothing for it, until it is enabled',
    description:
      'What it has not got becomes one dead letter, which does not keep the log from being cleaned, and its replays end. ' +
      'Over restarts and changes of its settings.',
    ...ENDPOINT,
  })
  async disable(@Param('name') name: string): Promise<EndpointDetailView> {
    configuredEndpoint(this.broadcaster, name);
    await this.broadcaster.disable(name);
    return this.one(name);
  }

  /** Ends what {@link disable}, a 410 or a full backlog began. */
  @Post(':name/enable')
  @HttpCode(200)
  @Describe({
    summary: 'Go on with an endpoint that was disabled, answered 410, or overflowed',
    description: 'One that answered 410 gets what waits for it; the others what happens from now on.',
    ...ENDPOINT,
  })
  async enable(@Param('name') name: string): Promise<EndpointDetailView> {
    configuredEndpoint(this.broadcaster, name);
    await this.broadcaster.enable(name);
    return this.one(name);
  }

  /** Tries at once what waits for its next attempt. Whoever asked looks at the cursor until it has come as far as the log was. */
  @Post(':name/drain')
  @HttpCode(202)
  @Describe({
    summary: 'Send now what an endpoint has still to get',
    description:
      'No lane waits for its next attempt any longer; only what the endpoint itself asked for (Retry-After) is kept to. ' +
      'It is done when the cursor of the endpoint has reached upTo.',
    answer: {
      status: 202,
      description: 'How far there is to go',
      schema: object({ upTo: COUNT, cursor: COUNT, pending: COUNT }),
    },
    refusals: ['ENDPOINT_UNKNOWN', 'CONFLICT'],
  })
  async drain(@Param('name') name: string) {
    const sink = configuredEndpoint(this.broadcaster, name);
    const upTo = await this.log.head();
    const { state, cursor, Pending: pending } = sink.metrics;
    if (state !== 'active') {
      throw new RegistryError(
        'CONFLICT',
        `the endpoint is ${state}: ${state === 'paused' ? 'resume' : 'enable'} it first`,
      );
    }
    sink.hurry();
    return { upTo, cursor, pending };
  }

  /**
   * Sends one request that tells of nothing, and says how that ended: an event `herald.test` where the format can carry it, else an envelope
   * without events. It is not in the log and counts for nothing.
   */
  @Post(':name/test')
  @HttpCode(200)
  @Describe({
    summary: 'Try an endpoint with one request that tells of nothing',
    description:
      'An event herald.test where the format can carry it, else an envelope without events. It counts for nothing.',
    answer: {
      description: 'How it ended',
      schema: object(
        { delivered: FLAG, durationMs: DURATION_MS },
        { status: COUNT, fault: { anyOf: [FAULT, oneOf('abandoned')] } },
      ),
    },
    refusals: ['ENDPOINT_UNKNOWN'],
  })
  async test(@Param('name') name: string) {
    const sink = configuredEndpoint(this.broadcaster, name);
    const { result, outcome, durationMs } = await sink.test({
      sequence: 0,
      id: this.ids.next(),
      lane: 'herald',
      type: 'herald.test',
      timeMs: this.clock.now(),
      data: JSON.stringify({ endpoint: name }),
    });
    const ended =
      result.kind === 'answered'
        ? { status: result.status }
        : { fault: result.kind === 'unanswered' ? result.fault : 'abandoned' };
    return { delivered: outcome.kind === 'delivered', ...ended, durationMs: Math.round(durationMs) };
  }
}

interface EndpointDetailView extends EndpointView {
  readonly detail: ReturnType<typeof detailView>;
}

function detailView({
  breaker: { nextProbeAtMs, heldUntilMs, ...breaker },
  inFlight,
  lanes,
}: EndpointDetail) {
  return {
    breaker: { ...breaker, ...timeOf('nextProbeAt', nextProbeAtMs), ...timeOf('heldUntil', heldUntilMs) },
    inFlight,
    lanes: {
      total: lanes.total,
      first: lanes.first.map(({ dueAtMs, ...lane }) => ({ ...lane, ...timeOf('dueAt', dueAtMs) })),
    },
  };
}

/** A time that may be missing, as RFC 3339. */
function timeOf(name: string, ms: number | undefined): Readonly<Record<string, string>> {
  return ms === undefined ? {} : { [name]: new Date(ms).toISOString() };
}

function viewOf({ name, origin, metrics }: EndpointSink, head: number): EndpointView {
  const { oldestPendingAtMs, lastSuccessAtMs, ...rest } = metrics;
  return {
    name,
    origin,
    lag: Math.max(0, head - rest.cursor),
    ...rest,
    ...(oldestPendingAtMs !== undefined && { oldestPendingAt: new Date(oldestPendingAtMs).toISOString() }),
    ...(lastSuccessAtMs !== undefined && { lastSuccessAt: new Date(lastSuccessAtMs).toISOString() }),
  };
}
