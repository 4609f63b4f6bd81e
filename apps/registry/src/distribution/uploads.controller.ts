import { Controller, Delete, Get, Head, Param, Patch, Post, Put, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  parseDigest,
  RepositoryService,
  StorageError,
  type Descriptor,
  type RepositoryName,
  type UploadStatus,
} from '@herald/storage';
import { Locations } from '../http/locations.js';
import { bodyOf } from '../http/request-body.js';
import { RepositoryNamePipe } from './path-pipes.js';
import { single, type Query as QueryParameters } from './query.js';
import { announcedAlgorithm, append, close, mount, requiredDigest } from './upload-requests.js';

/** Chunks may be as small as a client likes; it is told so, because some ask. */
const MIN_CHUNK_BYTES = 1;

/** Refusals after which the session lives, and the client may go on with it. */
const REFUSED_BYTES: ReadonlySet<string> = new Set(['RANGE_INVALID', 'SIZE_INVALID', 'DIGEST_INVALID']);

/** Uploads of blobs: OCI end-4 to end-6, end-11, end-13 and end-14. */
@Controller('v2')
export class UploadsController {
  constructor(
    private readonly repositories: RepositoryService,
    private readonly locations: Locations,
  ) {}

  /** Begins a session; or mounts, or takes the whole blob at once, where the client offers it and it can be done. */
  @Post(':name/blobs/uploads')
  async start(
    @Param('name', RepositoryNamePipe) name: RepositoryName,
    @Query() query: QueryParameters,
    @Req() request: FastifyRequest,
    @Res() { raw: response }: FastifyReply,
  ): Promise<void> {
    const repository = this.repositories.repository(name);
    const mounted = await mount(repository, query);
    if (mounted !== undefined) {
      this.#created(response, name, mounted);
      return;
    }
    const digest = single(query, 'digest');
    if (digest !== undefined) {
      const blob = await repository.uploads.push(parseDigest(digest), bodyOf(request.raw));
      this.#created(response, name, blob);
      return;
    }
    const session = await repository.uploads.start(announcedAlgorithm(query));
    response.setHeader('OCI-Chunk-Min-Length', MIN_CHUNK_BYTES);
    this.#accepted(response, name, session);
  }

  @Patch(':name/blobs/uploads/:id')
  async append(
    @Param('name', RepositoryNamePipe) name: RepositoryName,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() { raw: response }: FastifyReply,
  ): Promise<void> {
    const { uploads } = this.repositories.repository(name);
    const appended = this.#orWhereItStands(response, name, id, append(uploads, id, request));
    this.#accepted(response, name, await appended);
  }

  /** Closes a session. */
  @Put(':name/blobs/uploads/:id')
  async close(
    @Param('name', RepositoryNamePipe) name: RepositoryName,
    @Param('id') id: string,
    @Query() query: QueryParameters,
    @Req() request: FastifyRequest,
    @Res() { raw: response }: FastifyReply,
  ): Promise<void> {
    const digest = requiredDigest(query);
    const { uploads } = this.repositories.repository(name);
    const closed = this.#orWhereItStands(response, name, id, close(uploads, id, digest, request));
    this.#created(response, name, await closed);
  }

  @Head(':name/blobs/uploads/:id')
  headStatus(
    @Param('name', RepositoryNamePipe) name: RepositoryName,
    @Param('id') id: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.status(name, id, reply);
  }

  @Get(':name/blobs/uploads/:id')
  async status(
    @Param('name', RepositoryNamePipe) name: RepositoryName,
    @Param('id') id: string,
    @Res() { raw: response }: FastifyReply,
  ): Promise<void> {
    const status = await this.repositories.repository(name).uploads.status(id);
    response.writeHead(204, this.#sessionHeaders(name, status)).end();
  }

  @Delete(':name/blobs/uploads/:id')
  async cancel(
    @Param('name', RepositoryNamePipe) name: RepositoryName,
    @Param('id') id: string,
    @Res() { raw: response }: FastifyReply,
  ): Promise<void> {
    await this.repositories.repository(name).uploads.cancel(id);
    response.writeHead(204).end();
  }

  /** Bytes that do not follow, or are not the ones that were named, are refused together with where the session goes on. */
  async #orWhereItStands<T>(
    response: FastifyReply['raw'],
    name: RepositoryName,
    id: string,
    appending: Promise<T>,
  ): Promise<T> {
    try {
      return await appending;
    } catch (error) {
      if (error instanceof StorageError && REFUSED_BYTES.has(error.code)) {
        const status = await this.repositories.repository(name).uploads.status(id);
        for (const [header, value] of Object.entries(this.#sessionHeaders(name, status)))
          response.setHeader(header, value);
      }
      throw error;
    }
  }

  #accepted(response: FastifyReply['raw'], name: RepositoryName, status: UploadStatus): void {
    response.writeHead(202, { ...this.#sessionHeaders(name, status), 'Content-Length': 0 }).end();
  }

  #created(response: FastifyReply['raw'], name: RepositoryName, { digest }: Descriptor): void {
    response
      .writeHead(201, {
        Location: this.locations.blob(name, digest),
        'Docker-Content-Digest': digest,
        'Content-Length': 0,
      })
      .end();
  }

  /** `Range` is what is stored so far. An empty session says `0-0` like upstream: clients parse it, and have no word for nothing. */
  #sessionHeaders(name: RepositoryName, { id, sizeBytes }: UploadStatus): Record<string, string> {
    return {
      Location: this.locations.upload(name, id),
      Range: `0-${Math.max(0, sizeBytes - 1)}`,
      'Docker-Upload-UUID': id,
    };
  }
}
