import { verifyVolume, type VerifyCounts } from '@herald/storage';
import { EXIT_CODE } from './exit-code.js';
import { counted } from './amounts.js';
import { tell, type OfflineWork } from './offline-work.js';
import { Progress } from './progress.js';

/** `herald verify`. Resolves with the exit code; files that no row knows are told and are no fault. */
export async function verifyOnCommand(work: OfflineWork, removeStrays: boolean): Promise<number> {
  const { database, rootDirectory, stderr } = work;
  const progress = new Progress(stderr);
  const counts = await verifyVolume(database, rootDirectory, {
    removeStrays,
    onFault: (fault) =>
      tell(work, { fault }, `  ${fault.kind}: ${fault.what} ${fault.name}: ${fault.reason}`),
    onStray: (stray) =>
      tell(work, { stray }, `  no row: ${stray.path} (${counted(stray.sizeBytes, 'byte')})`),
    onProgress: (so) => progress.report(so.blobs + so.manifests, summary(so)),
  });
  tell(work, { verified: counts }, `verified ${rootDirectory}: ${summary(counts)}${strayLine(counts)}`);
  return counts.faults === 0 ? EXIT_CODE.ok : EXIT_CODE.faultsFound;
}

function summary({ blobs, blobBytes, manifests, faults }: VerifyCounts): string {
  return `${counted(blobs, 'blob')} of ${counted(blobBytes, 'byte')}, ${counted(manifests, 'manifest')}, ${counted(faults, 'fault')}`;
}

function strayLine({ strays, strayBytes, removedStrays }: VerifyCounts): string {
  if (strays === 0) return '';
  const removed = removedStrays === 0 ? 'left alone' : 'removed';
  return `, ${counted(strays, 'file')} of ${counted(strayBytes, 'byte')} without a row, ${removed}`;
}
