import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { countUnreadableLinks, importVolume, listUnreadableLinks, type ImportCounts } from '@herald/storage';
import { EXIT_CODE } from './exit-code.js';
import { counted } from './amounts.js';
import { tell, type OfflineWork } from './offline-work.js';
import { Progress } from './progress.js';

/** Why there is nothing to import under a directory; `undefined` when there is. */
export function nothingToImport(rootDirectory: string): string | undefined {
  const volume = join(rootDirectory, 'docker', 'registry', 'v2');
  return existsSync(volume) ? undefined : `there is no volume of a registry in ${rootDirectory} (${volume})`;
}

/** `herald import`. Resolves with the exit code. */
export async function importOnCommand(work: OfflineWork, verify: boolean): Promise<number> {
  const { database, rootDirectory, stderr, json } = work;
  const progress = new Progress(stderr);
  const { counts } = await importVolume(database, rootDirectory, {
    verify,
    onProgress: ({ phase, counts: so }) => progress.report(takenOver(so), `${phase}: ${summary(so)}`, phase),
  });
  tell(work, { imported: counts }, `imported ${rootDirectory}: ${summary(counts)}`);
  if (!json) for (const remark of remarksOn(counts)) work.stdout(`${remark}\n`);
  if ((await countUnreadableLinks(database)) === 0) return EXIT_CODE.ok;
  return listUnreadable(work);
}

/** `herald import --unreadable`. Resolves with the exit code. */
export async function listUnreadable(work: OfflineWork): Promise<number> {
  const { database, stdout, json } = work;
  const count = await countUnreadableLinks(database);
  for await (const link of listUnreadableLinks(database)) {
    tell(work, { unreadable: link }, `  ${link.path}: ${link.reason} (${link.kind})`);
  }
  if (!json && count === 0) stdout('every link of the volume could be read\n');
  if (!json && count > 0) {
    stdout(
      `${counted(count, 'link')} could not be read. Garbage collection refuses to run while there is one: ` +
        'restore what is missing, or remove what is not wanted any more, and run herald import again\n',
    );
  }
  return count === 0 ? EXIT_CODE.ok : EXIT_CODE.faultsFound;
}

function takenOver({ blobs, layers, manifests, tags, unchanged, unreadable }: ImportCounts): number {
  return blobs + layers + manifests + tags + unchanged + unreadable;
}

function summary({ blobs, blobBytes, layers, manifests, tags, unchanged }: ImportCounts): string {
  const parts = [
    `${counted(blobs, 'blob')} of ${counted(blobBytes, 'byte')}`,
    counted(layers, 'layer'),
    counted(manifests, 'manifest'),
    counted(tags, 'tag'),
    ...(unchanged === 0 ? [] : [`${counted(unchanged, 'link')} known before`]),
  ];
  return parts.join(', ');
}

function remarksOn({ kept, uploads, leftovers }: ImportCounts): string[] {
  return [
    ...(kept === 0 ? [] : [`${counted(kept, 'tag')} left where this registry had moved them`]),
    ...(uploads === 0
      ? []
      : [`${counted(uploads, 'unfinished upload')} not taken over: their clients start again`]),
    ...(leftovers === 0 ? [] : [`${counted(leftovers, 'temporary file')} left alone`]),
  ];
}
