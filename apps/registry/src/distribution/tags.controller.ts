import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { RepositoryService, type RepositoryName } from '@herald/storage';
import { Locations } from '../http/locations.js';
import { RegistryError } from '../http/registry-error.js';
import { RepositoryNamePipe } from './path-pipes.js';
import { single, type Query as QueryParameters } from './single-query.js';

/** Tags of one answer, whatever the client asks for. Who wants more follows the `Link`. */
const MAX_TAGS = 1_000;

/** Tags of a repository in byte order: OCI end-8. */
@Controller('v2')
export class TagsController {
  constructor(
    private readonly repositories: RepositoryService,
    private readonly locations: Locations,
  ) {}

  @Get(':name/tags/list')
  async list(
    @Param('name', RepositoryNamePipe) name: RepositoryName,
    @Query() query: QueryParameters,
    @Res() { raw: response }: FastifyReply,
  ): Promise<void> {
    const limit = pageSize(single(query, 'n'));
    const last = single(query, 'last');
    const page = await this.repositories
      .repository(name)
      .tags.list({ limit, ...(last !== undefined && { last }) });
    const lastListed = page.items.at(-1);
    if (page.more && lastListed !== undefined) {
      response.setHeader('Link', `<${this.locations.tagsAfter(name, lastListed, limit)}>; rel="next"`);
    }
    const body = Buffer.from(JSON.stringify({ name, tags: page.items }));
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length });
    response.end(body);
  }
}

function pageSize(text: string | undefined): number {
  if (text === undefined) return MAX_TAGS;
  if (!/^\d{1,9}$/.test(text)) {
    throw new RegistryError('PAGINATION_NUMBER_INVALID', 'n is a number of results', {
      n: text.slice(0, 32),
    });
  }
  return Math.min(Number(text), MAX_TAGS);
}
