import { Controller, Delete, Get, Head, Param, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  RepositoryService,
  StorageError,
  type BlobContent,
  type ByteRange,
  type Digest,
  type Repository,
  type RepositoryName,
} from '@herald/storage';
import { readRange, type RangeRequest } from '../http/byte-range.js';
import { sendPieces, whenOver } from '../http/content-sender.js';
import { matchesEtag } from '../http/entity-tag.js';
import { RequestContexts } from '../http/request-context.js';
import { DeletionPolicy } from './deletion-policy.js';
import { DigestPipe, RepositoryNamePipe } from './path-pipes.js';

interface ContentAnswer {
  readonly kind: 'content';
  readonly status: 200 | 206;
  readonly range: ByteRange;
  readonly lengthBytes: number;
}

/** What a read of a blob is answered with. */
type Answer = ContentAnswer | { readonly kind: 'unchanged' } | { readonly kind: 'unsatisfiable' };

/** Blobs: OCI end-2 and end-10. Contents never change under their digest, so clients may keep them for ever. */
@Controller('v2')
export class BlobsController {
  constructor(
    private readonly repositories: RepositoryService,
    private readonly contexts: RequestContexts,
  ) {}

  @Head(':name/blobs/:digest')
  head(
    @Param('name', RepositoryNamePipe) name: RepositoryName,
    @Param('digest', DigestPipe) digest: Digest,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.#serve(this.repositories.repository(name), digest, request, reply);
  }

  @Get(':name/blobs/:digest')
  get(
    @Param('name', RepositoryNamePipe) name: RepositoryName,
    @Param('digest', DigestPipe) digest: Digest,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.#serve(this.repositories.repository(name), digest, request, reply);
  }

  @Delete(':name/blobs/:digest')
  @UseGuards(DeletionPolicy)
  async delete(
    @Param('name', RepositoryNamePipe) name: RepositoryName,
    @Param('digest', DigestPipe) digest: Digest,
    @Res() { raw: response }: FastifyReply,
  ): Promise<void> {
    await this.repositories.repository(name).blobs.delete(digest);
    response.writeHead(202, { 'Content-Length': 0 }).end();
  }

  async #serve(
    repository: Repository,
    digest: Digest,
    request: FastifyRequest,
    { raw: response }: FastifyReply,
  ): Promise<void> {
    const blob = await repository.blobs.open(digest);
    if (blob === undefined)
      throw new StorageError('BLOB_UNKNOWN', 'blob unknown to registry', { detail: { digest } });
    const answer = answerOf(request, blob);
    const isRead = request.method !== 'HEAD' && answer.kind === 'content';
    const onWritten = this.#reporter(repository, blob, isRead ? answer : undefined, request, response);
    writeHead(response, blob, answer);
    if (!isRead) {
      response.end();
      return;
    }
    const { range, lengthBytes } = answer;
    const sentBytes = await sendPieces(response, blob.read(range), lengthBytes, onWritten);
    if (sentBytes < lengthBytes) response.destroy();
  }

  /** Gives a function that notes what was written; what became of it is told when the answer is over. */
  #reporter(
    repository: Repository,
    { descriptor }: BlobContent,
    content: ContentAnswer | undefined,
    request: FastifyRequest,
    response: FastifyReply['raw'],
  ): (sentBytes: number) => void {
    const { startedMs } = this.contexts.current();
    let sentBytes = 0;
    const tell = this.contexts.bind((sent: boolean) => {
      repository.served({
        content: { kind: 'blob', blob: descriptor },
        method: request.method === 'HEAD' ? 'HEAD' : 'GET',
        status: response.statusCode,
        bytesSent: sent && content ? content.lengthBytes : sentBytes,
        durationMs: performance.now() - startedMs,
        toTheEnd: sent && content?.range.end === descriptor.sizeBytes - 1,
        aborted: !sent,
      });
    });
    whenOver(response, tell);
    return (bytes) => {
      sentBytes = bytes;
    };
  }
}

function answerOf(request: FastifyRequest, { descriptor }: BlobContent): Answer {
  const { digest, sizeBytes } = descriptor;
  if (matchesEtag(request.headers['if-none-match'], digest)) return { kind: 'unchanged' };
  const asked = requestedRange(request, digest, sizeBytes);
  if (asked.kind === 'unsatisfiable') return asked;
  const range = asked.kind === 'part' ? asked.range : { start: 0, end: sizeBytes - 1 };
  const status = asked.kind === 'part' ? 206 : 200;
  return { kind: 'content', status, range, lengthBytes: range.end - range.start + 1 };
}

/** RFC 9110 §14.2: only GET has ranges. §13.1.5: of what the client has the beginning of, and not of another content. */
function requestedRange(request: FastifyRequest, digest: Digest, sizeBytes: number): RangeRequest {
  if (request.method !== 'GET') return { kind: 'whole' };
  const condition = request.headers['if-range'];
  if (typeof condition === 'string' && condition !== `"${digest}"`) return { kind: 'whole' };
  return readRange(request.headers.range, sizeBytes);
}

function writeHead(response: FastifyReply['raw'], { descriptor }: BlobContent, answer: Answer): void {
  const { digest, mediaType, sizeBytes } = descriptor;
  response.setHeader('ETag', `"${digest}"`);
  response.setHeader('Docker-Content-Digest', digest);
  response.setHeader('Cache-Control', 'max-age=31536000');
  response.setHeader('Accept-Ranges', 'bytes');
  if (answer.kind === 'unchanged') {
    response.writeHead(304);
    return;
  }
  if (answer.kind === 'unsatisfiable') {
    response.writeHead(416, { 'Content-Range': `bytes */${sizeBytes}`, 'Content-Length': 0 });
    return;
  }
  const { start, end } = answer.range;
  response.writeHead(answer.status, {
    'Content-Type': mediaType,
    'Content-Length': answer.lengthBytes,
    ...(answer.status === 206 && { 'Content-Range': `bytes ${start}-${end}/${sizeBytes}` }),
  });
}
