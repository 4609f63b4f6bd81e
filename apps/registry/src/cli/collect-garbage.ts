import { bytes, counted } from './amounts.js';
import type { AdminRequest } from './admin-client.js';
import { reasonOf, type Output } from './delete-repository.js';
import { EXIT_CODE } from './exit-code.js';
import { Progress } from './progress.js';
import { table } from './table.js';

/** What of garbage collection is asked for. */
export interface CollectCommand {
  /** Only says what would go. */
  readonly dryRun: boolean;
  /** Also when links of an imported volume could not be read. */
  readonly force: boolean;
}

/** What the command works with. */
export interface CollectOperation {
  readonly request: AdminRequest;
  readonly output: Output;
  /** For programs: the outcome as JSON. */
  readonly json: boolean;
  /** Waits before it is looked again. */
  readonly pause: () => Promise<boolean>;
}

interface Removal {
  readonly kind: string;
  readonly repository?: string;
  readonly digest: string;
  readonly sizeBytes: number;
}

interface Status {
  readonly state: string;
  readonly examined?: number;
  readonly manifests?: number;
  readonly blobs?: number;
  readonly contents?: number;
  readonly contentBytes?: number;
  readonly removals?: readonly Removal[];
}

/** Removals that people are shown; with --json it is all that the server lists. */
const SHOWN = 50;

const ENDINGS: Readonly<Record<string, string>> = {
  stopped: 'it was stopped, by a backup or by the end of the server: what is left is for the next run',
  failed: 'it failed; the log says why, and what is left is for the next run',
};

/** `herald gc`. Resolves with the exit code. */
export async function collectGarbage(
  { dryRun, force }: CollectCommand,
  { request, output, json, pause }: CollectOperation,
): Promise<number> {
  let answer = await request('POST', `/admin/v1/gc?dryRun=${dryRun}&force=${force}`);
  if (answer.status !== 202) return refused(output, `nothing was collected: ${reasonOf(answer.body)}`);
  const progress = new Progress(output.stderr);
  let status = JSON.parse(answer.body) as Status;
  while (status.state === 'running') {
    progress.report(
      status.examined ?? 0,
      `${counted(status.examined ?? 0, 'content is', 'contents are')} looked at`,
    );
    await pause();
    answer = await request('GET', '/admin/v1/gc');
    if (answer.status !== 200) return refused(output, reasonOf(answer.body));
    status = JSON.parse(answer.body) as Status;
  }
  output.stdout(json ? `${JSON.stringify(status)}\n` : summary(status, dryRun));
  return status.state === 'completed' ? EXIT_CODE.ok : refused(output, ENDINGS[status.state] ?? status.state);
}

function summary(status: Status, dryRun: boolean): string {
  const { manifests = 0, blobs = 0, contents = 0, contentBytes = 0, removals = [] } = status;
  const shown = dryRun ? removals.slice(0, SHOWN) : [];
  const rows = shown.map(({ kind, repository, digest, sizeBytes }) => [kind, repository, digest, sizeBytes]);
  const list = rows.length === 0 ? '' : table(['WHAT', 'REPOSITORY', 'DIGEST', 'BYTES'], rows);
  const more = dryRun ? manifests + blobs + contents - shown.length : 0;
  const rest = more === 0 ? '' : `and ${more} more\n`;
  const verb = dryRun ? 'would remove' : 'removed';
  return `${list}${rest}${verb} ${counted(manifests, 'manifest')}, ${counted(blobs, 'blob')} from repositories, and ${counted(contents, 'content')}: ${bytes(contentBytes)}\n`;
}

function refused({ stderr }: Output, reason: string): number {
  stderr(`herald: ${reason}\n`);
  return EXIT_CODE.refused;
}
