import type { Database } from '@herald/database';
import { addAlias } from '../blobs/find-blob.js';
import { storeManifest } from '../manifests/store-manifest.js';
import { REPOSITORY_ID } from '../metadata/rows.js';
import { digestAlgorithm, type Digest } from '../repository/digest.js';
import type { RepositoryName } from '../repository/repository-name.js';
import type { ImportRun } from './import-run.js';
import { knownLinks } from './known-links.js';
import { fault, WRONG_CONTENT, type Reading, type VolumeFiles } from './volume-files.js';
import { blobPath, type Link } from './volume-layout.js';
import { readVolumeManifest } from './volume-manifest.js';
import type { Finding } from './volume-walk.js';

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

  async take(findings: readonly Finding[], run: ImportRun): Promise<void> {
    const links = findings.filter((finding) => finding.is === 'link');
    const readings = await Promise.all(links.map(({ link }) => this.files.link(link)));
    const targets = new Map(links.map(({ path }, index) => [path, readings[index]]));
    const known = await knownLinks(this.database, [...targets.keys()]);
    for (const finding of findings) {
      const target = targets.get(finding.path);
      if (finding.is === 'unreadable' || finding.is === 'ignored') run.note(finding);
      else if (finding.is === 'link' && target !== undefined) {
        await this.#link(finding, target, known.get(finding.path), run);
      }
      await run.done(finding.path);
    }
    await run.commit();
  }

  async #link(
    { path, link }: Extract<Finding, { is: 'link' }>,
    target: Reading<Digest>,
    known: Digest | undefined,
    run: ImportRun,
  ): Promise<void> {
    if (target.is !== 'read') return run.refuse(path, target);
    const { value } = target;
    if (value === known) return run.count('unchanged');
    switch (link.kind) {
      case 'layer':
        return this.#layer({ path, link, target: value }, run);
      case 'revision':
        return this.#revision({ path, link, target: value }, run);
      default:
        return this.#tag({ path, link, target: value }, known, run);
    }
  }

  async #layer({ path, link, target }: NewLink<'layer'>, run: ImportRun): Promise<void> {
    const isAlias = digestAlgorithm(link.digest) !== 'sha256';
    if (digestAlgorithm(target) !== 'sha256') return run.refuse(path, NO_SHA256);
    if (!isAlias && target !== link.digest) return run.refuse(path, OTHER_NAME);
    if (!(await this.#isPresent(target))) return run.refuse(path, NO_BLOB);
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

  async #isPresent(digest: Digest): Promise<boolean> {
    const rows = await this.database.read("SELECT 1 FROM blobs WHERE digest = ? AND state = 'present'", [
      digest,
    ]);
    return rows.length > 0;
  }

  async #hasManifest(repository: RepositoryName, digest: Digest): Promise<boolean> {
    const rows = await this.database.read(
      `SELECT 1 FROM manifests WHERE repository = ${REPOSITORY_ID} AND digest = ?`,
      [repository, digest],
    );
    return rows.length > 0;
  }
}
