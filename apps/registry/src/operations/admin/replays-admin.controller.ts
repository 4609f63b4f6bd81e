import { Controller, Delete, Get, HttpCode, Param, Post, Query, UseGuards } from '@nestjs/common';
import { Replays, type ReplayJob } from '@herald/notifications';
import { type Query as QueryParameters } from '../../distribution/query.js';
import { RegistryError } from '../../http/registry-error.js';
import { AdminGuard } from './admin.guard.js';
import { numberOf, textOf } from './admin-query.js';
import { Describe } from './openapi/admin-operation.js';
import { COUNT, FLAG, list, named, object, TEXT, TIME } from './openapi/schema.js';
import { flagOf, replayRequestOf } from './replay-query.js';
import { refusing, startedReplay } from './started-replay.js';

const MOST_REPLAYS = 1_000;
const DEFAULT_REPLAYS = 100;

const PARAMETERS = [
  { name: 'from', description: 'the first sequence', schema: COUNT },
  { name: 'to', description: 'the last sequence', schema: COUNT },
  { name: 'since', description: 'only what happened then or later', schema: TIME },
  { name: 'until', description: 'only what happened before', schema: TIME },
  { name: 'event', description: 'an id; may be repeated', schema: list(TEXT) },
  { name: 'action', description: 'push, pull, mount or delete; may be repeated', schema: list(TEXT) },
  { name: 'type', description: 'a type of events, or a glob; may be repeated', schema: list(TEXT) },
  { name: 'repository', description: 'a repository, or a glob; may be repeated', schema: list(TEXT) },
  { name: 'deadletters', description: 'the dead letters of the endpoint', schema: FLAG },
  { name: 'letter', description: 'a dead letter by its id; may be repeated', schema: list(COUNT) },
  { name: 'rate', description: 'most events it sends: 100/s, 10/m or 5/h', schema: TEXT },
  { name: 'dryrun', description: 'count what would be sent, and write nothing', schema: FLAG },
] as const;

/** Events that are sent again: durable jobs of one endpoint each. */
@Controller('admin/v1')
@UseGuards(AdminGuard)
export class ReplaysAdminController {
  constructor(private readonly replays: Replays) {}

  @Post('endpoints/:name/replays')
  @HttpCode(202)
  @Describe({
    summary: 'Have events sent to an endpoint again',
    description: 'All that is given must hold. A dry run answers events and gone, and no job.',
    query: PARAMETERS,
    answer: {
      status: 202,
      description: 'The job that sends them, which survives a restart; or what a dry run counted',
      schema: object({}, { replay: named('Replay'), events: COUNT, gone: COUNT }),
    },
    refusals: ['PARAMETER_INVALID', 'ENDPOINT_UNKNOWN', 'DEAD_LETTER_UNKNOWN'],
  })
  async start(@Param('name') name: string, @Query() query: QueryParameters) {
    const request = replayRequestOf(query);
    if (flagOf(query, 'dryrun')) return refusing(() => this.replays.estimate(name, request));
    const job = await startedReplay(this.replays, name, request);
    if (job === undefined)
      throw new RegistryError('DEAD_LETTER_UNKNOWN', 'the endpoint has no such dead letters that wait');
    return { replay: viewOf(job) };
  }

  @Get('replays')
  @Describe({
    summary: 'Replays, the youngest first',
    query: [
      { name: 'endpoint', description: 'only those of this endpoint', schema: TEXT },
      { name: 'before', description: 'only those with a smaller number', schema: COUNT },
      {
        name: 'limit',
        description: 'most replays of the page',
        schema: { type: 'integer', minimum: 1, maximum: MOST_REPLAYS, default: DEFAULT_REPLAYS },
      },
    ],
    answer: {
      description: 'A page: next is the before of the page after it, if there is one',
      schema: object({ replays: list(named('Replay')) }, { next: COUNT }),
    },
    refusals: ['PARAMETER_INVALID'],
  })
  async page(@Query() query: QueryParameters) {
    const endpoint = textOf(query, 'endpoint');
    const before = numberOf(query, 'before', { from: 1 });
    const limit = numberOf(query, 'limit', { from: 1, upTo: MOST_REPLAYS }) ?? DEFAULT_REPLAYS;
    const jobs = await this.replays.page({
      limit: limit + 1,
      ...(endpoint !== undefined && { endpoint }),
      ...(before !== undefined && { before }),
    });
    const shown = jobs.slice(0, limit);
    const next = jobs.length > limit ? shown.at(-1)?.number : undefined;
    return { replays: shown.map(viewOf), ...(next !== undefined && { next }) };
  }

  @Get('replays/:id')
  @Describe({
    summary: 'A replay and how far it has come',
    answer: { description: 'The replay', schema: named('Replay') },
    refusals: ['REPLAY_UNKNOWN'],
  })
  async one(@Param('id') id: string) {
    const job = await this.replays.byId(id);
    if (job === undefined) throw unknown();
    return viewOf(job);
  }

  /** Ends it; what was sent stays sent. */
  @Delete('replays/:id')
  @HttpCode(200)
  @Describe({
    summary: 'Cancel a replay',
    answer: { description: 'The replay; what is in flight is finished', schema: named('Replay') },
    refusals: ['REPLAY_UNKNOWN', 'CONFLICT'],
  })
  async cancel(@Param('id') id: string) {
    const fate = await this.replays.cancel(id);
    if (fate === 'unknown') throw unknown();
    if (fate === 'ended') throw new RegistryError('CONFLICT', 'the replay has ended already');
    return this.one(id);
  }
}

function unknown(): RegistryError {
  return new RegistryError('REPLAY_UNKNOWN', 'there is no such replay, or no more');
}

function viewOf({ createdAtMs, endedAtMs, ...job }: ReplayJob) {
  return {
    ...job,
    createdAt: new Date(createdAtMs).toISOString(),
    ...(endedAtMs !== undefined && { endedAt: new Date(endedAtMs).toISOString() }),
  };
}
