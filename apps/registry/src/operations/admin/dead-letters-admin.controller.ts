import { Controller, Delete, Get, HttpCode, Param, Post, Query, UseGuards } from '@nestjs/common';
import { Broadcaster, DeadLetters, Replays, type StoredLetter } from '@herald/notifications';
import { type Query as QueryParameters } from '../../distribution/query.js';
import { RegistryError } from '../../http/registry-error.js';
import { AdminGuard } from './admin.guard.js';
import { numberOf, wholeNumber } from './admin-query.js';
import { configuredEndpoint } from './configured-endpoint.js';
import { refusing, startedReplay } from './started-replay.js';
import { Describe } from './openapi/admin-operation.js';
import { COUNT, list, named, object, TEXT } from './openapi/schema.js';

const MOST_LETTERS = 1_000;
const DEFAULT_LETTERS = 100;

const REDRIVE = object({
  job: { ...TEXT, description: 'sent as Herald-Replay' },
  events: { ...COUNT, description: 'events that it sends' },
  gone: { ...COUNT, description: 'events that the log has no more: the job gives them up' },
});

/** What an endpoint did not take. Of its answers the first bytes are kept, with the endpoint's secrets removed. */
@Controller('admin/v1/endpoints/:name/dead-letters')
@UseGuards(AdminGuard)
export class DeadLettersAdminController {
  constructor(
    private readonly letters: DeadLetters,
    private readonly replays: Replays,
    private readonly broadcaster: Broadcaster,
  ) {}

  /** Letters after an id; `next` is where the next page begins, if there is one. Those of a detached or disabled endpoint are shown too. */
  @Get()
  @Describe({
    summary: 'Dead letters of an endpoint',
    description: 'Those of a detached or disabled endpoint are shown too.',
    query: [
      { name: 'after', description: 'only letters after this id', schema: COUNT },
      {
        name: 'limit',
        description: 'most letters of the page',
        schema: { type: 'integer', minimum: 1, maximum: MOST_LETTERS, default: DEFAULT_LETTERS },
      },
    ],
    answer: {
      description: 'A page: next is what to ask for after it, if there is more',
      schema: object({ deadLetters: list(named('DeadLetter')) }, { next: COUNT }),
    },
    refusals: ['PARAMETER_INVALID', 'ENDPOINT_UNKNOWN'],
  })
  async page(@Param('name') name: string, @Query() query: QueryParameters) {
    await this.#assertKnown(name);
    const after = numberOf(query, 'after', { from: 0 }) ?? 0;
    const limit = numberOf(query, 'limit', { from: 1, upTo: MOST_LETTERS }) ?? DEFAULT_LETTERS;
    const letters = await this.letters.page(name, after, limit + 1);
    const shown = letters.slice(0, limit);
    const next = letters.length > limit ? shown.at(-1)?.id : undefined;
    return { deadLetters: shown.map(viewOf), ...(next !== undefined && { next }) };
  }

  /** Gives one up, for ever. */
  @Delete(':id')
  @HttpCode(204)
  @Describe({
    summary: 'Give a dead letter up',
    answer: { status: 204, description: 'Its events will never be sent' },
    refusals: ['PARAMETER_INVALID', 'ENDPOINT_UNKNOWN', 'DEAD_LETTER_UNKNOWN', 'CONFLICT'],
  })
  async remove(@Param('name') name: string, @Param('id') text: string): Promise<void> {
    await this.#assertKnown(name);
    const fate = await this.letters.remove(name, wholeNumber(text, 'id', { from: 1 }));
    if (fate === 'unknown') throw unknown();
    if (fate === 'redriving') {
      throw new RegistryError('CONFLICT', 'the dead letter is being sent again: pause the endpoint, or wait');
    }
  }

  /** Endpoints that are not configured any more are known by what they left. @throws RegistryError `ENDPOINT_UNKNOWN` */
  async #assertKnown(name: string): Promise<void> {
    if (this.broadcaster.detached.some((detached) => detached.name === name)) return;
    const [letter] = await this.letters.page(name, 0, 1);
    if (letter === undefined) configuredEndpoint(this.broadcaster, name);
  }

  /** Has all that lie there sent again. */
  @Post('redrive')
  @HttpCode(202)
  @Describe({
    summary: 'Have all dead letters of an endpoint sent again',
    answer: { status: 202, description: 'The job that sends them; it survives a restart', schema: REDRIVE },
    refusals: ['ENDPOINT_UNKNOWN', 'DEAD_LETTER_UNKNOWN', 'PARAMETER_INVALID'],
  })
  redriveAll(@Param('name') name: string) {
    return this.#start(name);
  }

  @Post(':id/redrive')
  @HttpCode(202)
  @Describe({
    summary: 'Have a dead letter sent again',
    answer: { status: 202, description: 'The job that sends it; it survives a restart', schema: REDRIVE },
    refusals: ['PARAMETER_INVALID', 'ENDPOINT_UNKNOWN', 'DEAD_LETTER_UNKNOWN'],
  })
  redrive(@Param('name') name: string, @Param('id') text: string) {
    return this.#start(name, wholeNumber(text, 'id', { from: 1 }));
  }

  async #start(name: string, letter?: number) {
    const selection = { kind: 'dead-letters', ...(letter !== undefined && { letters: [letter] }) } as const;
    // Beforehand, because what is marked for a job is not counted any more.
    const { gone } = await refusing(() => this.replays.estimate(name, { selection }));
    const job = await startedReplay(this.replays, name, { selection });
    if (job === undefined) throw letter === undefined ? none() : unknown();
    return { job: job.id, events: Math.max(0, (job.events ?? 0) - gone), gone };
  }
}

function unknown(): RegistryError {
  return new RegistryError('DEAD_LETTER_UNKNOWN', 'the endpoint has no such dead letter that waits');
}

function none(): RegistryError {
  return new RegistryError(
    'DEAD_LETTER_UNKNOWN',
    'the endpoint has no dead letters that wait to be sent again',
  );
}

function viewOf({ atMs, ...letter }: StoredLetter) {
  return { ...letter, at: new Date(atMs).toISOString() };
}
