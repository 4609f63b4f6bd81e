import { Controller, Get, HttpCode, Post, Query, UseGuards } from '@nestjs/common';
import { NotificationsListener } from '@herald/notifications/registry';
import { CollectionRefused, GarbageCollector, type CollectionStatus } from '@herald/storage';
import { type Query as QueryParameters } from '../../distribution/query.js';
import { RegistryError } from '../../http/registry-error.js';
import { AdminGuard } from './admin.guard.js';
import { onceOf } from './admin-query.js';
import { Describe } from './openapi/admin-operation.js';
import { COUNT, FLAG, list, object, oneOf, TEXT, TIME } from './openapi/schema.js';

const STATUS = object(
  { state: oneOf('none', 'running', 'completed', 'stopped', 'failed') },
  {
    dryRun: { ...FLAG, description: 'nothing is removed: the counts say what would be' },
    startedAt: TIME,
    endedAt: TIME,
    examined: { ...COUNT, description: 'contents that were looked at' },
    manifests: COUNT,
    blobs: { ...COUNT, description: 'blobs that a repository lost' },
    contents: { ...COUNT, description: 'contents that no repository had any more' },
    contentBytes: COUNT,
    removals: {
      description: 'the first thousand, when it is over',
      ...list(
        object(
          { kind: oneOf('manifest', 'blob', 'content'), digest: TEXT, sizeBytes: COUNT },
          { repository: TEXT },
        ),
      ),
    },
  },
);

const WORDS: ReadonlyMap<string | undefined, boolean> = new Map([
  [undefined, false],
  ['false', false],
  ['true', true],
]);

/** Garbage collection: one at a time. It is the operators' business, and allowed also while clients may only read. */
@Controller('admin/v1/gc')
@UseGuards(AdminGuard)
export class CollectionAdminController {
  constructor(
    private readonly collector: GarbageCollector,
    private readonly listener: NotificationsListener,
  ) {}

  @Get()
  @Describe({
    summary: 'How the last garbage collection fares',
    answer: { description: 'What was done so far, or how it ended', schema: STATUS },
  })
  status() {
    return viewOf(this.collector.status);
  }

  @Post()
  @HttpCode(202)
  @Describe({
    summary: 'Begin a garbage collection',
    description: 'Each removal has its event, as any other delete; these name no request and no actor.',
    query: [
      { name: 'dryRun', description: 'remove nothing, and count what would go', schema: FLAG },
      {
        name: 'force',
        description: 'go ahead although links of an imported volume are unreadable',
        schema: FLAG,
      },
    ],
    answer: { status: 202, description: 'It is begun', schema: STATUS },
    refusals: ['PARAMETER_INVALID', 'CONFLICT'],
  })
  async begin(@Query() query: QueryParameters) {
    const [dryRun, force] = [flagOf(query, 'dryRun'), flagOf(query, 'force')];
    try {
      await this.collector.begin({ dryRun, force, alongside: this.listener.alongside() });
    } catch (error) {
      if (error instanceof CollectionRefused) throw new RegistryError('CONFLICT', error.message);
      throw error;
    }
    return viewOf(this.collector.status);
  }
}

function flagOf(query: QueryParameters, name: string): boolean {
  const flag = WORDS.get(onceOf(query, name));
  if (flag === undefined) throw new RegistryError('PARAMETER_INVALID', `${name} is true or false`);
  return flag;
}

function viewOf(status: CollectionStatus) {
  if (status.state === 'none') return status;
  const { startedMs, removals, ...counts } = status.report;
  const startedAt = new Date(startedMs).toISOString();
  if (status.state === 'running') return { state: status.state, startedAt, ...counts };
  return {
    state: status.state,
    startedAt,
    endedAt: new Date(status.endedMs).toISOString(),
    ...counts,
    removals,
  };
}
