import { counted } from './amounts.js';
import { ask, itemOf, say, text, type Item, type Operation } from './ask.js';
import { EXIT_CODE } from './exit-code.js';
import { Progress } from './progress.js';

/**
 * Waits until a replay has ended, and tells meanwhile how far it is. Whoever stops waiting does not stop the replay.
 *
 * @returns the exit code: whether every event of it was taken
 * @throws Refused; NoServer
 */
export async function followReplay(operation: Operation, id: string): Promise<number> {
  const { output, pause } = operation;
  const progress = new Progress(output.stderr);
  for (;;) {
    const job = await ask(operation, 'GET', `replays/${encodeURIComponent(id)}`);
    if (job['endedAt'] !== undefined) return told(operation, job);
    progress.report(Number(job['sent']), `replay is ${text(job['state'])}: ${countsOf(job)}`);
    if (await pause()) continue;
    output.stderr(`herald: the replay goes on; herald replay show ${text(id)} --follow waits for its end\n`);
    return EXIT_CODE.interrupted;
  }
}

/** The id of the replay that an answer tells of. */
export function replayIdOf(answer: Item): string {
  return text(itemOf(answer, 'replay')['id'] ?? answer['id']);
}

function told(operation: Operation, job: Item): number {
  const failure = job['failure'] === undefined ? '' : ` (${text(job['failure'])})`;
  say(operation, job, `replay ${text(job['id'])} is ${text(job['state'])}${failure}: ${countsOf(job)}\n`);
  return job['state'] === 'done' && job['failed'] === 0 ? EXIT_CODE.ok : EXIT_CODE.faultsFound;
}

function countsOf({ sent, failed, gone, cursor, lastSequence }: Item): string {
  const counts = `${counted(Number(sent), 'event')} sent, ${text(failed)} not taken, ${text(gone)} gone`;
  return `${counts}, done up to ${text(cursor)} of ${text(lastSequence)}`;
}
