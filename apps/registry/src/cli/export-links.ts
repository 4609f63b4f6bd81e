import { exportVolume, type ExportCounts } from '@herald/storage';
import { EXIT_CODE } from './exit-code.js';
import { counted } from './amounts.js';
import { tell, type OfflineWork } from './offline-work.js';
import { Progress } from './progress.js';

/** `herald export-links`. Resolves with the exit code. */
export async function exportOnCommand(work: OfflineWork): Promise<number> {
  const { database, rootDirectory, stderr } = work;
  const progress = new Progress(stderr);
  let conflicts = 0;
  const counts = await exportVolume(database, rootDirectory, {
    onProgress: (so) => progress.report(so.contents + so.links + so.unchanged + so.removed, summary(so)),
    onConflict: (conflict) => {
      conflicts += 1;
      tell(work, { conflict }, `  ${conflict.path} was left alone: ${conflict.reason}`);
    },
  });
  tell(work, { exported: { ...counts, conflicts } }, `exported ${rootDirectory}: ${summary(counts)}`);
  return conflicts === 0 ? EXIT_CODE.ok : EXIT_CODE.faultsFound;
}

function summary({ contents, links, unchanged, removed }: ExportCounts): string {
  return `wrote ${counted(contents, 'content')} and ${counted(links, 'link')}, removed ${counted(removed, 'link')}, ${unchanged} unchanged`;
}
