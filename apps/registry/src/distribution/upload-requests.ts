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
} from '@herald/storage';
import { bodyOf } from '../http/request-body.js';
import { chunkStart } from './chunk-range.js';
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

/**
 * Takes the body of a closing request. When there is no such session, it may have been closed already, by a request whose answer was
 * lost: that is judged by whoever closes.
 */
export async function appendLast(
  uploads: Repository['uploads'],
  id: string,
  request: FastifyRequest,
): Promise<void> {
  try {
    await uploads.append(id, bodyOf(request.raw), chunkStart(request.headers));
  } catch (error) {
    if (!(error instanceof StorageError && error.code === 'BLOB_UPLOAD_UNKNOWN')) throw error;
  }
}

/** OCI end-4b. A body that is not what it says leaves no session behind: the client was never told of one. */
export async function uploadAtOnce(
  repository: Repository,
  digest: Digest,
  request: FastifyRequest,
): Promise<Descriptor> {
  const { uploads } = repository;
  const { id } = await uploads.start();
  try {
    await uploads.append(id, bodyOf(request.raw));
    return await uploads.commit(id, digest);
  } catch (error) {
    await uploads.cancel(id);
    throw error;
  }
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

export function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
