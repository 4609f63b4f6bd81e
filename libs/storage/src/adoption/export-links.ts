import type { Row, Value } from '@herald/database';
import { valueLists } from '../metadata/rows.js';
import type { Digest } from '../repository/digest.js';
import type { RepositoryName } from '../repository/repository-name.js';
import type { Tag } from '../repository/tag.js';
import type { ExportRun } from './export-run.js';
import { knownLinks } from './known-links.js';
import { sideBySide } from '../drivers/side-by-side.js';
import { linkPath, tagIndexPath } from './volume-layout.js';

/** A link as it should be. */
interface WantedLink {
  readonly path: string;
  readonly digest: Digest;
  /** What a tag once named. It never changes, so nothing of it is remembered. */
  readonly isHistory?: true;
}

/** A row of a repository, with the key that the next page begins behind. */
interface LinkRow extends Row {
  readonly key: number;
  readonly repository: string;
  readonly name: string;
  readonly digest: string;
}

/** Rows of a page: their names are made durable together. */
const PAGE = 256;

const LAYERS = `SELECT r.id AS key, r.name AS repository, b.digest AS name, b.digest
  FROM repository_blobs b JOIN repositories r ON r.id = b.repository
  WHERE (b.repository, b.digest) > (?, ?) ORDER BY b.repository, b.digest LIMIT ?`;
const REVISIONS = `SELECT r.id AS key, r.name AS repository, m.digest AS name, m.digest
  FROM manifests m JOIN repositories r ON r.id = m.repository
  WHERE (m.repository, m.digest) > (?, ?) ORDER BY m.repository, m.digest LIMIT ?`;
const TAGS = `SELECT r.id AS key, r.name AS repository, t.name, t.digest
  FROM tags t JOIN repositories r ON r.id = t.repository
  WHERE (t.repository, t.name) > (?, ?) ORDER BY t.repository, t.name LIMIT ?`;

/** Writes the links of everything that repositories have. Those of tags come last: what they name is there before them. */
export async function exportAllLinks(run: ExportRun): Promise<void> {
  await exportPages(run, LAYERS, (rows) => layerLinks(run, rows));
  await exportPages(run, REVISIONS, async (rows) =>
    rows.map(({ repository, digest }) => ({
      path: linkPath({
        kind: 'revision',
        repository: repository as RepositoryName,
        digest: digest as Digest,
      }),
      digest: digest as Digest,
    })),
  );
  await exportPages(run, TAGS, async (rows) => rows.flatMap((row) => tagLinks(row)));
}

async function exportPages(
  run: ExportRun,
  query: string,
  linksOf: (rows: readonly LinkRow[]) => Promise<readonly WantedLink[]>,
): Promise<void> {
  for (let after: readonly Value[] = [0, '']; ;) {
    const rows = await run.database.read<LinkRow>(query, [...after, PAGE]);
    const end = rows.at(-1);
    if (end === undefined) return;
    const links = await linksOf(rows);
    const known = await knownLinks(
      run.database,
      links.map(({ path }) => path),
    );
    await sideBySide(
      links.filter(({ isHistory }) => isHistory),
      ({ path, digest }) => run.history(path, digest),
    );
    await sideBySide(
      links.filter(({ isHistory }) => !isHistory),
      ({ path, digest }) => run.link(path, digest, known.get(path)),
    );
    await run.settle();
    after = [end.key, end.name];
  }
}

/** A blob's link, and one for each further name of it; all of them hold its sha256. */
async function layerLinks(run: ExportRun, rows: readonly LinkRow[]): Promise<readonly WantedLink[]> {
  const aliases = new Map<string, Digest[]>();
  for (const { placeholders, params } of valueLists([...new Set(rows.map(({ digest }) => digest))])) {
    const found = await run.database.read<{ digest: string; blob: string }>(
      `SELECT digest, blob FROM blob_aliases WHERE blob IN (${placeholders})`,
      params,
    );
    for (const { digest, blob } of found) {
      aliases.set(blob, [...(aliases.get(blob) ?? []), digest as Digest]);
    }
  }
  return rows.flatMap(({ repository, digest }) =>
    [digest as Digest, ...(aliases.get(digest) ?? [])].map((name) => ({
      path: linkPath({ kind: 'layer', repository: repository as RepositoryName, digest: name }),
      digest: digest as Digest,
    })),
  );
}

/** In the order in which Distribution writes them: the history first. */
function tagLinks({ repository, name, digest }: LinkRow): readonly WantedLink[] {
  const tag = { repository: repository as RepositoryName, tag: name as Tag };
  return [
    {
      path: tagIndexPath(tag.repository, tag.tag, digest as Digest),
      digest: digest as Digest,
      isHistory: true,
    },
    { path: linkPath({ kind: 'tag', ...tag }), digest: digest as Digest },
  ];
}
