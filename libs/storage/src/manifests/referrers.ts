import type { Database, Value } from '@herald/database';
import { REPOSITORY_ID } from '../metadata/rows.js';
import type { ReferenceDescriptor } from '../repository/descriptor.js';
import type { Digest } from '../repository/digest.js';
import type { RepositoryName } from '../repository/repository-name.js';
import type { Page, ReferrersRequest } from '../repository/repository.js';

/** Clients read about 4 MiB of an answer; the rest is room for what surrounds the descriptors. */
const MAX_PAGE_BYTES = 4 * 1024 * 1024 - 64 * 1024;

/** Descriptors of one page, however small they are. */
const MAX_PAGE_ITEMS = 1_000;

/** What a descriptor takes in JSON beside its annotations: names of keys, digest, type and size. */
const DESCRIPTOR_BYTES = 768;

interface ReferrerRow {
  readonly [column: string]: Value;
  readonly digest: string;
  readonly media_type: string;
  readonly artifact_type: string | null;
  readonly size_bytes: number;
  readonly annotations_bytes: number;
}

/** Which referrers are meant, in SQL. */
interface Selection {
  readonly where: string;
  readonly params: readonly Value[];
}

/**
 * The manifests of a repository that name a subject. Their annotations are read only when it is known how many of them fit: a thousand
 * referrers may carry gigabytes.
 */
export async function listReferrers(
  database: Database,
  repository: RepositoryName,
  subject: Digest,
  { artifactType, last = '' as Digest }: ReferrersRequest,
): Promise<Page<ReferenceDescriptor>> {
  const selection: Selection = {
    where: `repository = ${REPOSITORY_ID} AND subject = ?${artifactType === undefined ? '' : ' AND artifact_type = ?'}`,
    params: [repository, subject, ...(artifactType === undefined ? [] : [artifactType])],
  };
  const rows = await database.read<ReferrerRow>(
    `SELECT digest, media_type, artifact_type, length(bytes) AS size_bytes,
       coalesce(octet_length(annotations), 0) AS annotations_bytes
     FROM manifests WHERE ${selection.where} AND digest > ? ORDER BY digest LIMIT ?`,
    [...selection.params, last, MAX_PAGE_ITEMS + 1],
  );
  const fitting = rows.slice(0, howManyFit(rows));
  const annotations = await annotationsOf(database, selection, fitting);
  const items = fitting.map((row) => descriptorOf(row, annotations.get(row.digest)));
  return { items, more: fitting.length < rows.length };
}

function howManyFit(rows: readonly ReferrerRow[]): number {
  let totalBytes = 0;
  const overflowing = rows.findIndex(({ annotations_bytes, media_type, artifact_type }) => {
    totalBytes += annotations_bytes + media_type.length + (artifact_type?.length ?? 0) + DESCRIPTOR_BYTES;
    return totalBytes > MAX_PAGE_BYTES;
  });
  const fitting = overflowing === -1 ? rows.length : overflowing;
  // One always goes out, whatever it takes: it could never be told otherwise.
  return Math.max(1, Math.min(fitting, MAX_PAGE_ITEMS));
}

async function annotationsOf(
  database: Database,
  { where, params }: Selection,
  rows: readonly ReferrerRow[],
): Promise<ReadonlyMap<string, string>> {
  const annotated = rows.filter(({ annotations_bytes }) => annotations_bytes > 0);
  const [first, last] = [annotated[0], annotated.at(-1)];
  if (first === undefined || last === undefined) return new Map();
  const found = await database.read<{ digest: string; annotations: string }>(
    `SELECT digest, annotations FROM manifests
     WHERE ${where} AND digest BETWEEN ? AND ? AND annotations IS NOT NULL`,
    [...params, first.digest, last.digest],
  );
  return new Map(found.map(({ digest, annotations }) => [digest, annotations]));
}

function descriptorOf(row: ReferrerRow, annotations: string | undefined): ReferenceDescriptor {
  return {
    mediaType: row.media_type,
    digest: row.digest as Digest,
    sizeBytes: row.size_bytes,
    ...(row.artifact_type !== null && { artifactType: row.artifact_type }),
    ...(annotations !== undefined && { annotations: JSON.parse(annotations) as Record<string, string> }),
  };
}
