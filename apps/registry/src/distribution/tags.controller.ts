import { Controller, Get, Head, Inject, Param, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RepositoryService, type RepositoryName } from '@herald/storage';
import { type RegistryConfig } from '../config/registry-config.js';
import { REGISTRY_CONFIG } from '../config/registry-config.token.js';
import { sendJson } from '../http/json-answer.js';
import { Locations } from '../http/locations.js';
import { RegistryError } from '../http/registry-error.js';
import { pageSize } from './page-size.js';
import { RepositoryNamePipe } from './path-pipes.js';
import { single, type Query as QueryParameters } from './query.js';

/** Tags of a repository in byte order: OCI end-8. */
@Controller('v2')
export class TagsController {
  constructor(
    private readonly repositories: RepositoryService,
    private readonly locations: Locations,
    @Inject(REGISTRY_CONFIG) private readonly config: RegistryConfig,
  ) {}

  @Head(':name/tags/list')
  head(
    @Param('name', RepositoryNamePipe) name: RepositoryName,
    @Query() query: QueryParameters,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.list(name, query, request, reply);
  }

  /** Never more than `tags.maxtags` at once, whatever the client asks for: who wants more follows the `Link`. */
  @Get(':name/tags/list')
  async list(
    @Param('name', RepositoryNamePipe) name: RepositoryName,
    @Query() query: QueryParameters,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { maxTags } = this.config.tags;
    const limit = Math.min(pageSize(query, invalidPageSize) ?? maxTags, maxTags);
    const last = single(query, 'last');
    const { tags } = this.repositories.repository(name);
    const { items, more } = await tags.list({ limit, ...(last !== undefined && { last }) });
    const lastListed = items.at(-1);
    const next =
      more && lastListed !== undefined ? this.locations.tagsAfter(name, lastListed, limit) : undefined;
    sendJson(request, reply, { body: { name, tags: items }, next });
  }
}

/** OCI distribution-spec, "Error Codes": the code of a 4xx must be one of its own, and upstream's for this is not. */
function invalidPageSize(n: string): RegistryError {
  return new RegistryError('QUERY_INVALID', 'invalid number of results requested', { n });
}
