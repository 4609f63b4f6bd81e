import { Controller, Delete, Get, Head, Param, Patch, Post, Put, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  parseDigest,
  parseRepositoryName,
  RepositoryService,
  StorageError,
  type Descriptor,
  type Digest,
  type Repository,
  type RepositoryName,
  type UploadStatus,
} from '@herald/storage';
import { Locations } from '../http/locations.js';
import { RepositoryNamePipe } from './path-pipes.js';
import { chunkStart } from './chunk-range.js';
import { single, type Query as QueryParameters } from './single-query.js';

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
      this.#created(response, name, await uploadAtOnce(repository, parseDigest(digest), request));
      return;
    }
    this.#accepted(response, name, await repository.uploads.start());
  }

  @Patch(':name/blobs/uploads/:id')
  async append(
    @Param('name', RepositoryNamePipe) name: RepositoryName,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() { raw: response }: FastifyReply,
  ): Promise<void> {
    const { uploads } = this.repositories.repository(name);
    this.#accepted(response, name, await uploads.append(id, request.raw, chunkStart(request.headers)));
  }

  /** Closes a session. Its body may be the last chunk, or the whole blob. */
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
    if (hasBody(request)) await uploads.append(id, request.raw, chunkStart(request.headers));
    this.#created(response, name, await uploads.commit(id, digest));
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

/** A mount that cannot be done is no error: the client gets a session and uploads. OCI end-11. */
async function mount(repository: Repository, query: QueryParameters): Promise<Descriptor | undefined> {
  const digest = single(query, 'mount');
  const from = single(query, 'from');
  if (digest === undefined || from === undefined) return undefined;
  return repository.blobs.mount(parseDigest(digest), parseRepositoryName(from));
}

/** OCI end-4b. A body that is not what it says leaves no session behind: the client was never told of one. */
async function uploadAtOnce(
  repository: Repository,
  digest: Digest,
  request: FastifyRequest,
): Promise<Descriptor> {
  const { uploads } = repository;
  const { id } = await uploads.start();
  try {
    await uploads.append(id, request.raw);
    return await uploads.commit(id, digest);
  } catch (error) {
    await uploads.cancel(id);
    throw error;
  }
}

function requiredDigest(query: QueryParameters): Digest {
  const digest = single(query, 'digest');
  if (digest === undefined) {
    throw new StorageError(
      'DIGEST_INVALID',
      'closing an upload takes the parameter digest: what the whole of it is',
    );
  }
  return parseDigest(digest);
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
