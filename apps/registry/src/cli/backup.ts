import { bytes, counted } from './amounts.js';
import type { AdminRequest } from './admin-client.js';
import type { BackupCommand } from './backup-command.js';
import { reasonOf, type Output } from './delete-repository.js';
import { EXIT_CODE } from './exit-code.js';
import { Progress } from './progress.js';

/** What the command works with. */
export interface BackupOperation {
  readonly request: AdminRequest;
  readonly output: Output;
  /** For programs: the last status as JSON. */
  readonly json: boolean;
  /** Waits before it is looked again. */
  readonly pause: () => Promise<boolean>;
}

interface Status {
  readonly state: string;
  readonly donePages?: number;
  readonly totalPages?: number;
  readonly blobs?: number;
  readonly blobBytes?: number;
  readonly heldUntil?: string;
  readonly reason?: string;
}

/** `herald backup`. Resolves with the exit code. */
export async function backup(command: BackupCommand, operation: BackupOperation): Promise<number> {
  return command.does === 'release' ? release(operation) : make(command, operation);
}

async function release({ request, output, json }: BackupOperation): Promise<number> {
  const { status, body } = await request('DELETE', '/admin/v1/backup/hold');
  if (status !== 204) return refused(output, reasonOf(body));
  output.stdout(json ? '{"released":true}\n' : 'garbage collection may go on\n');
  return EXIT_CODE.ok;
}

async function make(
  { directory, holdSeconds }: Extract<BackupCommand, { does: 'make' }>,
  { request, output, json, pause }: BackupOperation,
): Promise<number> {
  const query = new URLSearchParams({
    directory,
    ...(holdSeconds !== undefined && { holdSeconds: String(holdSeconds) }),
  });
  let answer = await request('POST', `/admin/v1/backup?${query.toString()}`);
  if (answer.status !== 202) return refused(output, `no backup was made: ${reasonOf(answer.body)}`);
  const progress = new Progress(output.stderr);
  let status = JSON.parse(answer.body) as Status;
  while (status.state === 'copying' || status.state === 'listing') {
    show(progress, status);
    await pause();
    answer = await request('GET', '/admin/v1/backup');
    if (answer.status !== 200) break;
    status = JSON.parse(answer.body) as Status;
  }
  if (status.state !== 'finished') {
    return refused(output, `no backup was made: ${status.reason ?? reasonOf(answer.body)}`);
  }
  output.stdout(json ? `${JSON.stringify(status)}\n` : summary(directory, status));
  return EXIT_CODE.ok;
}

function show(progress: Progress, { state, donePages = 0, totalPages = 0, blobs = 0 }: Status): void {
  if (state === 'listing') progress.report(blobs, `${counted(blobs, 'blob is', 'blobs are')} on the list`);
  else progress.report(donePages, `${donePages} of ${totalPages} pages of the database are copied`);
}

function summary(directory: string, { blobs = 0, blobBytes = 0, heldUntil = '' }: Status): string {
  return `${directory}/herald.db is the database, ${directory}/blobs.tsv lists ${counted(blobs, 'blob')} (${bytes(blobBytes)}).
Copy these now, from the root of the storage: cut -f3 ${directory}/blobs.tsv | rsync -a --files-from=- ROOT/ TARGET/
Nothing of them is collected until ${heldUntil}, or until: herald backup release
`;
}

function refused({ stderr }: Output, reason: string): number {
  stderr(`herald: ${reason}\n`);
  return EXIT_CODE.refused;
}
