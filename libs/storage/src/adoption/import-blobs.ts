import { createHash } from 'node:crypto';
import type { Database } from '@herald/database';
import { allOf } from '../drivers/side-by-side.js';
import { valueLists } from '../metadata/rows.js';
import type { ImportRun } from './import-run.js';
import { fault, WRONG_CONTENT, type Reading, type VolumeFiles } from './volume-files.js';
import type { Finding } from './volume-walk.js';

type BlobFinding = Extract<Finding, { is: 'blob' }>;

/** A finding, and of a blob how long its file is. */
interface Sized {
  readonly finding: Finding;
  readonly size: Reading<number> | undefined;
}

const EMPTY = `sha256:${createHash('sha256').digest('hex')}`;

/** What Distribution leaves when it is killed at the wrong moment; the length shows it without reading anything. */
const EMPTIED = fault('wrong-content', 'the file is empty, and its name is that of another content');

/** Gives the files of blobs rows that say that they are present. Nobody has them until a link says so. */
export class BlobImport {
  /** @param verify whether the bytes are read and compared with the name */
  constructor(
    private readonly database: Database,
    private readonly files: VolumeFiles,
    private readonly verify: boolean,
  ) {}

  /** Looks at the files, and at no row. */
  async read(findings: readonly Finding[]): Promise<readonly Sized[]> {
    return allOf(findings, async (finding) => ({
      finding,
      size: finding.is === 'blob' ? await this.files.size(finding.path) : undefined,
    }));
  }

  async take(sized: readonly Sized[], run: ImportRun): Promise<void> {
    const known = await this.#knownSizes(
      sized.flatMap(({ finding }) => (finding.is === 'blob' ? [finding] : [])),
    );
    for (const { finding, size } of sized) {
      if (finding.is === 'unreadable' || finding.is === 'ignored') run.note(finding);
      else if (finding.is === 'blob' && size !== undefined)
        await this.#blob(finding, size, known.get(finding.digest), run);
      await run.done(finding.path);
    }
    await run.commit();
  }

  async #blob(
    { path, digest }: BlobFinding,
    size: Reading<number>,
    knownBytes: number | undefined,
    run: ImportRun,
  ): Promise<void> {
    if (size.is !== 'read') return run.refuse(path, size);
    if (size.value === 0 && digest !== EMPTY) return run.refuse(path, EMPTIED);
    // One that was restored since, or cut since: only the bytes tell.
    if (this.verify || (knownBytes ?? size.value) !== size.value) {
      const computed = await this.files.digest(path, 'sha256');
      if (computed.is !== 'read') return run.refuse(path, computed);
      if (computed.value !== digest) return run.refuse(path, WRONG_CONTENT);
    }
    run.batch.run(
      "INSERT INTO blobs (digest, size_bytes, state) VALUES (?, ?, 'present') ON CONFLICT (digest) DO UPDATE SET size_bytes = excluded.size_bytes",
      [digest, size.value],
    );
    run.count('blobs');
    run.count('blobBytes', size.value);
    return undefined;
  }

  async #knownSizes(blobs: readonly BlobFinding[]): Promise<ReadonlyMap<string, number>> {
    const sizes = new Map<string, number>();
    for (const { placeholders, params } of valueLists(blobs.map(({ digest }) => digest))) {
      const rows = await this.database.read<{ digest: string; size_bytes: number }>(
        `SELECT digest, size_bytes FROM blobs WHERE digest IN (${placeholders})`,
        params,
      );
      for (const row of rows) sizes.set(row.digest, row.size_bytes);
    }
    return sizes;
  }
}
