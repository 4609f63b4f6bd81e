import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest } from '@herald/storage';
import { digestOf, type StorageFixture } from './storage-fixture.js';

/** What is wrong between rows and files of a storage at rest; nothing when all is well. */
export async function faultsBetweenRowsAndFiles({
  database,
  root,
}: StorageFixture): Promise<readonly string[]> {
  const files = new Set(blobFiles(root));
  const rows = await database.read<{ digest: Digest; state: string; bytes: Uint8Array | null }>(
    'SELECT b.digest, b.state, c.bytes FROM blobs b LEFT JOIN inline_contents c ON c.digest = b.digest',
  );
  const faults: string[] = [];
  for (const { digest, state, bytes } of rows) {
    if (state !== 'present') faults.push(`${digest} is ${state}`);
    if (bytes === null && !files.has(digest)) faults.push(`${digest} has a row and no file`);
    if (bytes !== null && files.has(digest)) faults.push(`${digest} is a row and a file`);
    if (digestOf(bytes ?? contentOf(root, digest)) !== digest) faults.push(`${digest} has another content`);
    files.delete(digest);
  }
  for (const digest of files) faults.push(`${digest} has a file and no row`);
  for (const [table, column] of DEPENDENTS) {
    const dangling = await database.read(
      `SELECT ${column} AS digest FROM ${table} WHERE ${column} NOT IN (SELECT digest FROM blobs)`,
    );
    for (const { digest } of dangling) faults.push(`${String(digest)} is in ${table} and has no row`);
  }
  return faults;
}

const DEPENDENTS = [
  ['repository_blobs', 'digest'],
  ['inline_contents', 'digest'],
  ['blob_aliases', 'blob'],
] as const;

const BLOBS = 'docker/registry/v2/blobs/sha256';

function blobFiles(root: string): readonly Digest[] {
  return readdirSync(join(root, BLOBS), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath }) => `sha256:${parentPath.slice(-64)}` as Digest);
}

function contentOf(root: string, digest: Digest): Uint8Array {
  const hex = digest.replace('sha256:', '');
  try {
    return readFileSync(join(root, BLOBS, hex.slice(0, 2), hex, 'data'));
  } catch {
    return Buffer.from('there is no such file');
  }
}

interface ManifestRow {
  readonly [column: string]: number | string | null;
  readonly repository: number;
  readonly digest: string;
  readonly subject: string | null;
}

/** What a storage must keep when every grace is over, found by following each reference: `manifest|blob repository digest`. */
export async function reachable({ database }: StorageFixture): Promise<ReadonlySet<string>> {
  const manifests = await database.read<ManifestRow>('SELECT repository, digest, subject FROM manifests');
  const references = await database.read<{ repository: number; manifest: string; digest: string }>(
    'SELECT repository, manifest, digest FROM manifest_references',
  );
  const tags = await database.read<{ repository: number; digest: string }>(
    'SELECT repository, digest FROM tags',
  );
  const kept = new Set(tags.map(({ repository, digest }) => `manifest ${repository} ${digest}`));
  const exists = new Set(manifests.map(({ repository, digest }) => `manifest ${repository} ${digest}`));
  const edges = manifests.flatMap(({ repository, digest, subject }) => {
    const [own, other] = [`manifest ${repository} ${digest}`, `manifest ${repository} ${subject ?? ''}`];
    return exists.has(other) ? [[own, other] as const, [other, own] as const] : [];
  });
  for (const { repository, manifest, digest } of references) {
    edges.push([`manifest ${repository} ${manifest}`, `manifest ${repository} ${digest}`]);
    edges.push([`manifest ${repository} ${manifest}`, `blob ${repository} ${digest}`]);
  }
  for (let before = -1; before < kept.size;) {
    before = kept.size;
    for (const [from, to] of edges) if (kept.has(from)) kept.add(to);
  }
  return kept;
}

/** What a storage has, in the same words. */
export async function present({ database }: StorageFixture): Promise<ReadonlySet<string>> {
  const rows = await database.read<{ kind: string; repository: number; digest: string }>(
    `SELECT 'manifest' AS kind, repository, digest FROM manifests
     UNION ALL SELECT 'blob', repository, digest FROM repository_blobs`,
  );
  return new Set(rows.map(({ kind, repository, digest }) => `${kind} ${repository} ${digest}`));
}

/** What manifests refer to and their repository does not have: `repository digest`. */
export async function missing({ database }: StorageFixture): Promise<readonly string[]> {
  const rows = await database.read<{ name: string; digest: string }>(
    `SELECT DISTINCT r.name, f.digest FROM manifest_references f JOIN repositories r ON r.id = f.repository
     WHERE NOT EXISTS (SELECT 1 FROM manifests m WHERE m.repository = f.repository AND m.digest = f.digest)
       AND NOT EXISTS (SELECT 1 FROM repository_blobs b WHERE b.repository = f.repository AND b.digest = f.digest)`,
  );
  return rows.map(({ name, digest }) => `${name} ${digest}`);
}
