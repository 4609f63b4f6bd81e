import type { FastifyRequest } from 'fastify';
import {
  isDigestAlgorithm,
  isRepositoryName,
  parseDigest,
  StorageError,
  type Descriptor,
  type Digest,
  type DigestAlgorithm,
  type Repository,
  type UploadStatus,
} from '@herald/storage';
import { chunkOf } from './chunk-range.js';
import { single, type Query } from './query.js';

/**
 * A mount that cannot be done is no error: the client gets a session and uploads. Without `from` any repository will do. OCI end-11.
 */
export async function mount(repository: Repository, query: Query): Promise<Descriptor | undefined> {
  const digest = single(query, 'mount');
  const from = single(query, 'from');
  if (digest === undefined) return undefined;
  // No repository has such a name: nothing to mount from it.
  if (from !== undefined && !isRepositoryName(from)) return undefined;
  return repository.blobs.mount(parseDigest(digest), from);
}

/** OCI end-4c. @throws StorageError `DIGEST_UNSUPPORTED` before anything is uploaded that could never be closed */
export function announcedAlgorithm(query: Query): DigestAlgorithm | undefined {
  const algorithm = single(query, 'digest-algorithm');
  if (algorithm === undefined || isDigestAlgorithm(algorithm)) return algorithm;
  throw new StorageError('DIGEST_UNSUPPORTED', 'this registry computes sha256 and sha512');
}

/** OCI end-5. */
export async function append(
  uploads: Repository['uploads'],
  id: string,
  { raw }: FastifyRequest,
): Promise<UploadStatus> {
  const { source, at } = chunkOf(raw);
  return uploads.append(id, source, at);
}

/** OCI end-6. The body may be the last chunk, or the whole blob. */
export async function close(
  uploads: Repository['uploads'],
  id: string,
  digest: Digest,
  request: FastifyRequest,
): Promise<Descriptor> {
  return hasBody(request) ? uploads.close(id, digest, chunkOf(request.raw)) : uploads.commit(id, digest);
}

export function requiredDigest(query: Query): Digest {
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
