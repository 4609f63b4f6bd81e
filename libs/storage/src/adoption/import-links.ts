import type { Database } from '@herald/database';
import { addAlias } from '../blobs/find-blob.js';
import { storeManifest } from '../manifests/store-manifest.js';
import { allOf } from '../drivers/side-by-side.js';
import { REPOSITORY_ID, valueLists } from '../metadata/rows.js';
import { digestAlgorithm, type Digest } from '../repository/digest.js';
import type { RepositoryName } from '../repository/repository-name.js';
import type { ImportRun } from './import-run.js';
import { knownLinks } from './known-links.js';
import { fault, WRONG_CONTENT, type Reading, type VolumeFiles } from './volume-files.js';
import { blobPath, type Link } from './volume-layout.js';
import { readVolumeManifest } from './volume-manifest.js';
import type { Finding } from './volume-walk.js';

/** A finding, and of a link what its file holds. */
interface Followed {
  readonly finding: Finding;
  readonly target: Reading<Digest> | undefined;
}

/** What there is to know of a link: what it says now, what it said when it was last read, and which blobs are there. */
interface Readings {
  readonly target: Reading<Digest>;
  readonly known: Digest | undefined;
  readonly present: ReadonlySet<string>;
}

/** A link that says something new, and what it says. */
interface NewLink<K extends Link['kind'] = Link['kind']> {
  readonly path: string;
  readonly link: Extract<Link, { kind: K }>;
  readonly target: Digest;
}

const NO_BLOB = fault('missing-target', 'the blob that it names is not there');
const NO_MANIFEST = fault('missing-target', 'the manifest that it names is not there');
const OTHER_NAME = fault('bad-digest', 'the digest in the file is not that of the path');
const NO_SHA256 = fault('bad-digest', 'a layer is stored by its sha256, and the file holds another digest');

/** Makes rows of links, as the pushes that wrote them would have made them here. */
export class LinkImport {
  constructor(
    private readonly database: Database,
    private readonly files: VolumeFiles,
  ) {}

  /** Reads the links' files, and no row. */
  async read(findings: readonly Finding[]): Promise<readonly Followed[]> {
    return allOf(findings, async (finding) => ({
      finding,
      target: finding.is === 'link' ? await this.files.link(finding.link) : undefined,
    }));
  }

  async take(followed: readonly Followed[], run: ImportRun): Promise<void> {
    const known = await knownLinks(
      this.database,
      followed.flatMap(({ finding }) => (finding.is === 'link' ? [finding.path] : [])),
    );
    const present = await this.#present(followed);
    for (const { finding, target } of followed) {
      if (finding.is === 'unreadable' || finding.is === 'ignored') run.note(finding);
      else if (finding.is === 'link' && target !== undefined) {
        await this.#link(finding, { target, known: known.get(finding.path), present }, run);
      }
      await run.done(finding.path);
    }
    await run.commit();
  }

  async #link(
    { path, link }: Extract<Finding, { is: 'link' }>,
    { target, known, present }: Readings,
    run: ImportRun,
  ): Promise<void> {
    if (target.is !== 'read') return run.refuse(path, target);
    const { value } = target;
    if (value === known) return run.count('unchanged');
    switch (link.kind) {
      case 'layer':
        return this.#layer({ path, link, target: value }, present, run);
      case 'revision':
        return this.#revision({ path, link, target: value }, run);
      default:
        return this.#tag({ path, link, target: value }, known, run);
    }
  }

  async #layer(
    { path, link, target }: NewLink<'layer'>,
    present: ReadonlySet<string>,
    run: ImportRun,
  ): Promise<void> {
    const isAlias = digestAlgorithm(link.digest) !== 'sha256';
    if (digestAlgorithm(target) !== 'sha256') return run.refuse(path, NO_SHA256);
    if (!isAlias && target !== link.digest) return run.refuse(path, OTHER_NAME);
    if (!present.has(target)) return run.refuse(path, NO_BLOB);
    if (isAlias) {
      // Nothing but the bytes themselves can tell that both names are theirs.
      const content = await this.files.digest(blobPath(target), digestAlgorithm(link.digest));
      if (content.is !== 'read') return run.refuse(path, content);
      if (content.value !== link.digest) return run.refuse(path, WRONG_CONTENT);
      addAlias(run.batch, link.digest, target);
    }
    run.repository(link.repository);
    run.batch.run(
      `INSERT INTO repository_blobs (repository, digest) VALUES (${REPOSITORY_ID}, ?) ON CONFLICT DO NOTHING`,
      [link.repository, target],
    );
    run.know(path, target);
    return run.count('layers');
  }

  async #revision({ path, link, target }: NewLink<'revision'>, run: ImportRun): Promise<void> {
    const { repository } = link;
    if (target !== link.digest) return run.refuse(path, OTHER_NAME);
    if (!(await this.#hasManifest(repository, target))) {
      const bytes = await this.files.manifest(blobPath(target), target);
      if (bytes.is === 'absent') return run.refuse(path, NO_MANIFEST);
      if (bytes.is !== 'read') return run.refuse(path, bytes);
      const manifest = readVolumeManifest(target, bytes.value);
      if (manifest.is !== 'read') return run.refuse(path, manifest);
      run.repository(repository);
      storeManifest(run.batch, repository, manifest.value);
      run.holds(repository, target, bytes.value.length);
    }
    run.know(path, target);
    return run.count('manifests');
  }

  async #tag(
    { path, link, target }: NewLink<'tag'>,
    known: Digest | undefined,
    run: ImportRun,
  ): Promise<void> {
    const { repository, tag } = link;
    if (!run.isHolding(repository, target) && !(await this.#hasManifest(repository, target))) {
      return run.refuse(path, NO_MANIFEST);
    }
    const [row] = await this.database.read<{ digest: string }>(
      `SELECT digest FROM tags WHERE repository = ${REPOSITORY_ID} AND name = ?`,
      [repository, tag],
    );
    run.know(path, target);
    // The tag was moved here, and nobody can tell who was later: what clients of this registry were told stands.
    if (row !== undefined && row.digest !== target && row.digest !== known) return run.count('kept');
    run.batch.run(
      `INSERT INTO tags (repository, name, digest) VALUES (${REPOSITORY_ID}, ?, ?)
       ON CONFLICT (repository, name) DO UPDATE SET digest = excluded.digest`,
      [repository, tag, target],
    );
    return run.count('tags');
  }

  /** Which of the blobs that layers name are there: an import of links changes nothing about that. */
  async #present(followed: readonly Followed[]): Promise<ReadonlySet<string>> {
    const digests = followed.flatMap(({ finding, target }) =>
      finding.is === 'link' && finding.link.kind === 'layer' && target?.is === 'read' ? [target.value] : [],
    );
    const present = new Set<string>();
    for (const { placeholders, params } of valueLists([...new Set(digests)])) {
      const rows = await this.database.read<{ digest: string }>(
        `SELECT digest FROM blobs WHERE digest IN (${placeholders}) AND state = 'present'`,
        params,
      );
      for (const { digest } of rows) present.add(digest);
    }
    return present;
  }

  async #hasManifest(repository: RepositoryName, digest: Digest): Promise<boolean> {
    const rows = await this.database.read(
      `SELECT 1 FROM manifests WHERE repository = ${REPOSITORY_ID} AND digest = ?`,
      [repository, digest],
    );
    return rows.length > 0;
  }
}
