import { Controller, Get, Head, Param, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  parseDigest,
  RepositoryService,
  type Digest,
  type ReferenceDescriptor,
  type RepositoryName,
} from '@herald/storage';
import { sendJson } from '../http/json-answer.js';
import { Locations } from '../http/locations.js';
import { DigestPipe, RepositoryNamePipe } from './path-pipes.js';
import { single, type Query as QueryParameters } from './query.js';

const INDEX = 'application/vnd.oci.image.index.v1+json';

/** What refers to a manifest: OCI end-12. An unknown subject or repository has an empty list, and is never a 404. */
@Controller('v2')
export class ReferrersController {
  constructor(
    private readonly repositories: RepositoryService,
    private readonly locations: Locations,
  ) {}

  @Head(':name/referrers/:digest')
  head(
    @Param('name', RepositoryNamePipe) name: RepositoryName,
    @Param('digest', DigestPipe) subject: Digest,
    @Query() query: QueryParameters,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.list(name, subject, query, request, reply);
  }

  @Get(':name/referrers/:digest')
  async list(
    @Param('name', RepositoryNamePipe) name: RepositoryName,
    @Param('digest', DigestPipe) subject: Digest,
    @Query() query: QueryParameters,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    // A plus that a client did not escape arrives as a space, which no media type contains.
    const artifactType = single(query, 'artifactType')?.replaceAll(' ', '+');
    const last = single(query, 'last');
    const filter = artifactType === undefined ? {} : { artifactType };
    const { manifests } = this.repositories.repository(name);
    const page = last === undefined ? filter : { ...filter, last: parseDigest(last) };
    const { items, more } = await manifests.referrers(subject, page);
    const lastListed = items.at(-1);
    const next =
      more && lastListed !== undefined
        ? this.locations.referrersAfter(name, subject, lastListed.digest, artifactType)
        : undefined;
    if (artifactType !== undefined) reply.raw.setHeader('OCI-Filters-Applied', 'artifactType');
    const body = { schemaVersion: 2, mediaType: INDEX, manifests: items.map(descriptorOnWire) };
    sendJson(request, reply, { body, contentType: INDEX, next });
  }
}

/** OCI image-spec, descriptor.md. */
function descriptorOnWire({ mediaType, digest, sizeBytes, artifactType, annotations }: ReferenceDescriptor) {
  return {
    mediaType,
    digest,
    size: sizeBytes,
    ...(artifactType !== undefined && { artifactType }),
    ...(annotations !== undefined && { annotations }),
  };
}
