import { Controller, Get, Head, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type RepositoryName } from '@herald/storage';
import { sendJson } from '../http/json-answer.js';
import { RepositoryNamePipe } from './path-pipes.js';

const SPECIFICATION = 'https://github.com/opencontainers/distribution-spec/blob/main/extensions/_oci.md';

/**
 * Which extensions of the specification there are: OCI distribution-spec, extensions/_oci.md, "discover". There is this one; that a
 * repository is asked for changes nothing, whether it exists or not.
 */
@Controller('v2')
export class ExtensionsController {
  @Head('_oci/ext/discover')
  head(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.ofRegistry(request, reply);
  }

  @Get('_oci/ext/discover')
  ofRegistry(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    answer('/v2/_oci/ext/discover', request, reply);
  }

  @Head(':name/_oci/ext/discover')
  headOfRepository(
    @Param('name', RepositoryNamePipe) name: RepositoryName,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): void {
    this.ofRepository(name, request, reply);
  }

  @Get(':name/_oci/ext/discover')
  ofRepository(
    @Param('name', RepositoryNamePipe) _name: RepositoryName,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): void {
    answer('/v2/<name>/_oci/ext/discover', request, reply);
  }
}

function answer(endpoint: string, request: FastifyRequest, reply: FastifyReply): void {
  const extension = {
    name: '_oci',
    description: 'lists the extensions of this registry',
    url: SPECIFICATION,
    endpoints: [endpoint],
  };
  sendJson(request, reply, { body: { extensions: [extension] } });
}
