import {
  Controller,
  Delete,
  Get,
  Head,
  HttpCode,
  Param,
  Put,
  Query,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  parseTag,
  RepositoryService,
  StorageError,
  type Manifest,
  type Reference,
  type Repository,
  type RepositoryName,
  type Tag,
} from '@herald/storage';
import { whenOver } from '../http/content-sender.js';
import { matchesEtag, writeCondition } from '../http/entity-tag.js';
import { Locations } from '../http/locations.js';
import { readBody } from '../http/request-body.js';
import { RegistryError } from '../http/registry-error.js';
import { RequestContexts } from '../http/request-context.js';
import { DeletionPolicy } from './deletion-policy.js';
import { ReferencePipe, RepositoryNamePipe } from './path-pipes.js';
import { pushWarnings } from './push-warnings.js';
import { every, type Query as QueryParameters } from './query.js';

/** OCI distribution-spec, "Pushing Manifests": a registry should take at least 4 MB. */
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

/** Tags of one push. The specification asks for ten; each costs a row and an event. */
const MAX_TAGS = 100;

/** Manifests: OCI end-3, end-7 and end-9. */
@Controller('v2')
export class ManifestsController {
  constructor(
    private readonly repositories: RepositoryService,
    private readonly contexts: RequestContexts,
    private readonly locations: Locations,
  ) {}

  @Head(':name/manifests/:reference')
  head(
    @Param('name', RepositoryNamePipe) name: RepositoryName,
    @Param('reference', ReferencePipe) reference: Reference,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.#serve(this.repositories.repository(name), reference, request, reply);
  }

  @Get(':name/manifests/:reference')
  get(
    @Param('name', RepositoryNamePipe) name: RepositoryName,
    @Param('reference', ReferencePipe) reference: Reference,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.#serve(this.repositories.repository(name), reference, request, reply);
  }

  @Put(':name/manifests/:reference')
  @HttpCode(201)
  async put(
    @Param('name', RepositoryNamePipe) name: RepositoryName,
    @Param('reference', ReferencePipe) reference: Reference,
    @Query() query: QueryParameters,
    @Req() request: FastifyRequest,
    @Res() { raw: response }: FastifyReply,
  ): Promise<void> {
    const tags = furtherTags(reference, query);
    const mediaType = (this.contexts.current().contentType ?? '').split(';', 1)[0]?.trim() ?? '';
    const bytes = await readBody(request.raw, MAX_MANIFEST_BYTES);
    const { manifests } = this.repositories.repository(name);
    const condition = writeCondition(request.raw.headers);
    const push = { reference, tags, mediaType, bytes, ...(condition && { condition }) };
    const manifest = await manifests.put(push);
    const { descriptor, subject } = manifest;
    const warnings = pushWarnings(manifest);
    response.writeHead(201, {
      Location: this.locations.manifest(name, descriptor.digest),
      'Docker-Content-Digest': descriptor.digest,
      ...(tags.length > 0 && { 'OCI-Tag': [...tags] }),
      ...(subject && { 'OCI-Subject': subject.digest }),
      ...(warnings.length > 0 && { Warning: [...warnings] }),
      'Content-Length': 0,
    });
    response.end();
  }

  @Delete(':name/manifests/:reference')
  @UseGuards(DeletionPolicy)
  async delete(
    @Param('name', RepositoryNamePipe) name: RepositoryName,
    @Param('reference', ReferencePipe) reference: Reference,
    @Res() { raw: response }: FastifyReply,
  ): Promise<void> {
    const { manifests, tags } = this.repositories.repository(name);
    await (reference.kind === 'tag' ? tags.delete(reference.tag) : manifests.delete(reference.digest));
    response.writeHead(202, { 'Content-Length': 0 });
    response.end();
  }

  /** Serves what was stored, whatever `Accept` says: rewriting it would answer with another content than the one that was named. */
  async #serve(
    repository: Repository,
    reference: Reference,
    request: FastifyRequest,
    { raw: response }: FastifyReply,
  ): Promise<void> {
    const manifest = await repository.manifests.get(reference);
    if (manifest === undefined) throw new StorageError('MANIFEST_UNKNOWN', 'manifest unknown');
    const { digest, mediaType, sizeBytes } = manifest.descriptor;
    this.#report(repository, reference, manifest, request, response);
    response.setHeader('ETag', `"${digest}"`);
    response.setHeader('Docker-Content-Digest', digest);
    if (matchesEtag(request.headers['if-none-match'], digest)) {
      response.writeHead(304).end();
      return;
    }
    response.writeHead(200, { 'Content-Type': mediaType, 'Content-Length': sizeBytes });
    response.end(request.method === 'HEAD' ? undefined : manifest.bytes);
  }

  #report(
    repository: Repository,
    reference: Reference,
    manifest: Manifest,
    request: FastifyRequest,
    response: FastifyReply['raw'],
  ): void {
    const { startedMs } = this.contexts.current();
    const method = request.method === 'HEAD' ? 'HEAD' : 'GET';
    const tag = reference.kind === 'tag' ? { tag: reference.tag } : {};
    whenOver(
      response,
      this.contexts.bind((sent: boolean) => {
        const toTheEnd = sent && method === 'GET' && response.statusCode === 200;
        repository.served({
          content: { kind: 'manifest', manifest, ...tag },
          method,
          status: response.statusCode,
          bytesSent: toTheEnd ? manifest.descriptor.sizeBytes : 0,
          durationMs: performance.now() - startedMs,
          toTheEnd,
          aborted: !sent,
        });
      }),
    );
  }
}

/** OCI end-7b: a push by digest may set tags along; a push by tag sets that one, and parameters mean nothing to it. */
function furtherTags(reference: Reference, query: QueryParameters): readonly Tag[] {
  if (reference.kind === 'tag') return [];
  const texts = [...new Set(every(query, 'tag'))];
  if (texts.length > MAX_TAGS)
    throw new RegistryError('TOO_MANY_TAGS', `a push sets at most ${MAX_TAGS} tags`);
  return texts.map(parseTag);
}
