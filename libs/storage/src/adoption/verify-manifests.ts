import { createHash } from 'node:crypto';
import type { Row, Value } from '@herald/database';
import { digestAlgorithm, type Digest } from '../repository/digest.js';
import type { VerifyFault, VerifyRun } from './verify-run.js';

const PAGE = 256;

/** Compares the bytes of every manifest with its name. */
export async function verifyManifests(run: VerifyRun): Promise<void> {
  for (let last = 0; ;) {
    const rows = await run.database.read<{ id: number; digest: string; repository: string }>(
      `SELECT m.id, m.digest, r.name AS repository FROM manifests m JOIN repositories r ON r.id = m.repository
       WHERE m.id > ? ORDER BY m.id LIMIT ?`,
      [last, PAGE],
    );
    const end = rows.at(-1);
    if (end === undefined) return;
    for (const { id, digest, repository } of rows) {
      if (!(await isWhole(run, id, digest as Digest))) {
        const name = `${repository}@${digest}`;
        run.fault({ kind: 'wrong', what: 'manifest', name, reason: 'the content is not what its name says' });
      }
      run.counts.manifests += 1;
      run.progress();
    }
    last = end.id;
  }
}

async function isWhole(run: VerifyRun, id: number, digest: Digest): Promise<boolean> {
  const [row] = await run.database.read<{ bytes: Uint8Array }>('SELECT bytes FROM manifests WHERE id = ?', [
    id,
  ]);
  const algorithm = digestAlgorithm(digest);
  return (
    `${algorithm}:${createHash(algorithm)
      .update(row?.bytes ?? '')
      .digest('hex')}` === digest
  );
}

interface MissingRow extends Row {
  readonly key: number;
  readonly repository: string;
  readonly name: string;
}

const TAGS = `SELECT r.id AS key, r.name AS repository, t.name
  FROM tags t JOIN repositories r ON r.id = t.repository
  LEFT JOIN manifests m ON m.repository = t.repository AND m.digest = t.digest
  WHERE m.id IS NULL AND (t.repository, t.name) > (?, ?) ORDER BY t.repository, t.name LIMIT ?`;
const LAYERS = `SELECT r.id AS key, r.name AS repository, l.digest AS name
  FROM repository_blobs l JOIN repositories r ON r.id = l.repository
  LEFT JOIN blobs b ON b.digest = l.digest AND b.state = 'present'
  WHERE b.digest IS NULL AND (l.repository, l.digest) > (?, ?) ORDER BY l.repository, l.digest LIMIT ?`;

/** Names what repositories have that is not there. What manifests refer to may be missing, and is not looked at. */
export async function verifyReferences(run: VerifyRun): Promise<void> {
  await faultsOf(run, TAGS, ({ repository, name }) => ({
    kind: 'missing',
    what: 'tag',
    name: `${repository}:${name}`,
    reason: 'the manifest that it names is not there',
  }));
  await faultsOf(run, LAYERS, ({ repository, name }) => ({
    kind: 'missing',
    what: 'layer',
    name: `${repository}@${name}`,
    reason: 'the repository has a blob that is not there',
  }));
}

async function faultsOf(
  run: VerifyRun,
  query: string,
  faultOf: (row: MissingRow) => VerifyFault,
): Promise<void> {
  for (let after: readonly Value[] = [0, '']; ;) {
    const rows = await run.database.read<MissingRow>(query, [...after, PAGE]);
    const end = rows.at(-1);
    if (end === undefined) return;
    for (const row of rows) run.fault(faultOf(row));
    after = [end.key, end.name];
  }
}
