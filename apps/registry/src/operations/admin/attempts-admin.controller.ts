import { Controller, Get, Param, Query, UseGuards } from '@nestjs/common';
import {
  Broadcaster,
  DeadLetters,
  EventPages,
  RecentAttempts,
  type EndpointSink,
  type LogRecord,
} from '@herald/notifications';
import { type Query as QueryParameters } from '../../distribution/query.js';
import { RegistryError } from '../../http/registry-error.js';
import { AdminGuard } from './admin.guard.js';
import { numberOf } from './admin-query.js';
import { ATTEMPT, attemptView } from './attempts-view.js';
import { configuredEndpoint } from './configured-endpoint.js';
import { Describe } from './openapi/admin-operation.js';
import { COUNT, list, object, oneOf, TEXT } from './openapi/schema.js';

const MOST_ATTEMPTS = 200;
const DEFAULT_ATTEMPTS = 50;

const MEMORY = 'Attempts are the last ones of this run of the program; what counts is durable elsewhere.';

/** What was tried, with timings. */
@Controller('admin/v1')
@UseGuards(AdminGuard)
export class AttemptsAdminController {
  constructor(
    private readonly attempts: RecentAttempts,
    private readonly broadcaster: Broadcaster,
    private readonly letters: DeadLetters,
    private readonly pages: EventPages,
  ) {}

  @Get('endpoints/:name/attempts')
  @Describe({
    summary: 'The last attempts with an endpoint, the newest first',
    description: MEMORY,
    query: [
      {
        name: 'limit',
        description: 'most attempts',
        schema: { type: 'integer', minimum: 1, maximum: MOST_ATTEMPTS, default: DEFAULT_ATTEMPTS },
      },
    ],
    answer: { description: 'The attempts', schema: object({ attempts: list(ATTEMPT) }) },
    refusals: ['PARAMETER_INVALID', 'ENDPOINT_UNKNOWN'],
  })
  ofEndpoint(@Param('name') name: string, @Query() query: QueryParameters) {
    configuredEndpoint(this.broadcaster, name);
    const limit = numberOf(query, 'limit', { from: 1, upTo: MOST_ATTEMPTS }) ?? DEFAULT_ATTEMPTS;
    return { attempts: this.attempts.ofEndpoint(name, limit).map(attemptView) };
  }

  @Get('events/:id/attempts')
  @Describe({
    summary: 'What became of an event at each endpoint',
    description: `${MEMORY} An event that is past is behind the endpoint's cursor: delivered, or from before the endpoint was there.`,
    answer: {
      description: 'Where it stands at each endpoint, and what was tried, the oldest first',
      schema: object({
        id: TEXT,
        sequence: COUNT,
        endpoints: list(
          object(
            {
              endpoint: TEXT,
              state: oneOf('delivered', 'pending', 'unwanted', 'dead', 'past'),
              attempts: list(ATTEMPT),
            },
            { deadLetter: { ...COUNT, description: 'id of the dead letter' } },
          ),
        ),
      }),
    },
    refusals: ['EVENT_UNKNOWN'],
  })
  async ofEvent(@Param('id') id: string) {
    const record = await this.pages.byId(id);
    if (record === undefined)
      throw new RegistryError('EVENT_UNKNOWN', 'the log has no such event, or no more');
    const dead = await this.letters.ofEvent(record);
    const tried = this.attempts.ofEvent(id).map(attemptView);
    const endpoints = this.broadcaster.endpoints.map((sink) => {
      const attempts = tried.filter(({ endpoint }) => endpoint === sink.name);
      const delivered = attempts.some(({ outcome }) => outcome === 'delivered');
      return { endpoint: sink.name, ...fateOf(sink, record, dead.get(sink.name), delivered), attempts };
    });
    return { id, sequence: record.sequence, endpoints };
  }
}

function fateOf(
  sink: EndpointSink,
  record: LogRecord,
  deadLetter: number | undefined,
  delivered: boolean,
): { readonly state: string; readonly deadLetter?: number } {
  if (deadLetter !== undefined) return { state: 'dead', deadLetter };
  if (!sink.wants(record)) return { state: 'unwanted' };
  if (delivered) return { state: 'delivered' };
  return { state: sink.standing(record) };
}
