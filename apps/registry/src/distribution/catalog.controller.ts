import { Controller, Get, Head, Inject, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RepositoryCatalog } from '@herald/storage';
import { type RegistryConfig } from '../config/registry-config.js';
import { REGISTRY_CONFIG } from '../config/registry-config.token.js';
import { sendJson } from '../http/json-answer.js';
import { Locations } from '../http/locations.js';
import { RegistryError } from '../http/registry-error.js';
import { pageSize } from './page-size.js';
import { single, type Query as QueryParameters } from './query.js';

/** What upstream lists when a client does not say how many it wants. */
const DEFAULT_ENTRIES = 100;

/** The list of repositories. The specification reserves its path and says nothing else; clients know it from Distribution. */
@Controller('v2')
export class CatalogController {
  constructor(
    private readonly catalog: RepositoryCatalog,
    private readonly locations: Locations,
    @Inject(REGISTRY_CONFIG) private readonly config: RegistryConfig,
  ) {}

  @Head('_catalog')
  head(
    @Query() query: QueryParameters,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.list(query, request, reply);
  }

  @Get('_catalog')
  async list(
    @Query() query: QueryParameters,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const limit = this.#limit(query);
    const last = single(query, 'last');
    const { items, more } = await this.catalog.list({ limit, ...(last !== undefined && { last }) });
    const lastListed = items.at(-1);
    const next =
      more && lastListed !== undefined ? this.locations.catalogAfter(lastListed, limit) : undefined;
    sendJson(request, reply, { body: { repositories: items }, next });
  }

  /** More than `catalog.maxentries` is refused and not cut, as upstream does: a client would take what it gets for all there is. */
  #limit(query: QueryParameters): number {
    const { maxEntries } = this.config.catalog;
    const asked = pageSize(query, invalidPageSize);
    if (asked !== undefined && asked > maxEntries) throw invalidPageSize(asked);
    return asked ?? Math.min(DEFAULT_ENTRIES, maxEntries);
  }
}

/** Upstream's refusal, with its code and detail: the specification has no code of its own for its catalog. */
function invalidPageSize(n: string | number): RegistryError {
  return new RegistryError('PAGINATION_NUMBER_INVALID', 'invalid number of results requested', { n });
}
