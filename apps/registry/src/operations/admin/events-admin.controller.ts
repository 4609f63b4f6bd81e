import { Controller, Get, Param, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { EventLog, EventPages, type EventQuery } from '@herald/notifications';
import { type Query as QueryParameters } from '../../distribution/query.js';
import { sendJson } from '../../http/json-answer.js';
import { RegistryError } from '../../http/registry-error.js';
import { AdminGuard } from './admin.guard.js';
import { numberOf, onceOf, textOf, wholeNumber } from './admin-query.js';
import { EventFeed, isTooLate } from './event-feed.js';
import { eventView } from './event-view.js';
import { Describe } from './openapi/admin-operation.js';
import { COUNT, list, named, object, TEXT } from './openapi/schema.js';

const MOST_EVENTS = 1_000;
const DEFAULT_EVENTS = 100;

/**
 * The log, for people and for receivers that fetch for themselves. `after` says where to go on: 410 with the oldest sequence tells a reader
 * that events it has not seen are gone. A page that has no events and a `next` below `head` is no end: its filter fitted nothing so far.
 */
@Controller('admin/v1/events')
@UseGuards(AdminGuard)
export class EventsAdminController {
  constructor(
    private readonly log: EventLog,
    private readonly pages: EventPages,
    private readonly feed: EventFeed,
  ) {}

  @Get()
  @Describe({
    summary: 'Events of the log, in order',
    description:
      'A page, or with Accept: text/event-stream all that follow, each with its sequence as id; Last-Event-ID goes on where a connection ended. ' +
      'A page without events whose next is below head is no end: the filter fitted nothing so far.',
    query: [
      { name: 'after', description: 'only events after this sequence', schema: COUNT },
      {
        name: 'limit',
        description: 'most events of the page',
        schema: { type: 'integer', minimum: 1, maximum: MOST_EVENTS, default: DEFAULT_EVENTS },
      },
      { name: 'type', description: 'an event type, or the beginning of one and *', schema: TEXT },
      { name: 'lane', description: 'a repository', schema: TEXT },
    ],
    answer: {
      description:
        'A page: next is what to ask for after it, head the last sequence of the log, log its UUID. Sequences of another log mean nothing in it',
      schema: object({
        log: { ...TEXT, format: 'uuid' },
        events: list(named('Event')),
        next: COUNT,
        head: COUNT,
      }),
      stream: 'text/event-stream',
    },
    refusals: ['PARAMETER_INVALID', 'EVENTS_GONE', 'UNAVAILABLE'],
  })
  async list(
    @Query() query: QueryParameters,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const following = (request.headers.accept ?? '').includes('text/event-stream');
    const after = afterOf(query, following ? request.headers['last-event-id'] : undefined);
    const limit = numberOf(query, 'limit', { from: 1, upTo: MOST_EVENTS }) ?? DEFAULT_EVENTS;
    const type = textOf(query, 'type');
    const lane = textOf(query, 'lane');
    const filter = { limit, ...(type !== undefined && { type }), ...(lane !== undefined && { lane }) };
    const oldest = await this.pages.oldest();
    if (after !== undefined) assertThere(after, oldest);
    if (following) {
      await this.feed.follow(reply.raw, after, filter);
      return;
    }
    sendJson(request, reply, { body: await this.#page({ ...filter, after: after ?? oldest - 1 }) });
  }

  @Get(':id')
  @Describe({
    summary: 'One event',
    answer: { description: 'The event', schema: named('Event') },
    refusals: ['EVENT_UNKNOWN'],
  })
  async one(@Param('id') id: string) {
    const record = await this.pages.byId(id);
    if (record === undefined)
      throw new RegistryError('EVENT_UNKNOWN', 'the log has no such event, or no more');
    return eventView(record);
  }

  async #page(query: EventQuery) {
    const { records, upTo, head, oldest } = await this.pages.page(query);
    // Retention may have been at work since the first look.
    assertThere(query.after, oldest);
    return { log: this.log.uuid, events: records.map(eventView), next: upTo, head };
  }
}

/** @throws RegistryError `EVENTS_GONE` */
function assertThere(after: number, oldest: number): void {
  if (isTooLate(after, oldest))
    throw new RegistryError('EVENTS_GONE', `events after ${after} are gone: the oldest is ${oldest}`, {
      oldest,
    });
}

/** Where a reader goes on: what its last connection had, else what it asks for. */
function afterOf(query: QueryParameters, last: string | string[] | undefined): number | undefined {
  if (typeof last === 'string') return wholeNumber(last, 'Last-Event-ID', { from: 0 });
  const after = onceOf(query, 'after');
  return after === undefined ? undefined : wholeNumber(after, 'after', { from: 0 });
}
