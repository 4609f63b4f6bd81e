import { EXIT_CODE } from './exit-code.js';
import { followReplay, replayIdOf } from './follow-replay.js';
import { ask, itemsOf, say, text, type Item, type Operation } from './ask.js';
import { counted } from './amounts.js';
import type { ReplayCommand } from './replay-command.js';
import { table } from './table.js';

const COLUMNS = ['id', 'endpoint', 'state', 'sent', 'failed', 'gone', 'cursor', 'lastSequence', 'createdAt'];
const HEADER = ['REPLAY', 'ENDPOINT', 'STATE', 'SENT', 'FAILED', 'GONE', 'CURSOR', 'LAST', 'SINCE'];

/** Starts, shows and cancels replays by the admin API of the running server. Resolves with the exit code. */
export async function replay(command: ReplayCommand, operation: Operation): Promise<number> {
  const answer = await replayAsked(command, operation);
  const follow = 'follow' in command && command.follow === true;
  return follow ? followReplay(operation, replayIdOf(answer)) : EXIT_CODE.ok;
}

async function replayAsked(command: ReplayCommand, operation: Operation): Promise<Item> {
  const { does, path } = command;
  if (does === 'start-replay') {
    const answer = await ask(operation, 'POST', path);
    say(operation, answer, startedLine(answer));
    return answer;
  }
  const answer = await ask(operation, does === 'cancel-replay' ? 'DELETE' : 'GET', path);
  // What is followed is shown at its end.
  if (does === 'show-replay' && command.follow === true) return answer;
  const items = does === 'list-replays' ? itemsOf(answer, 'replays') : [answer];
  say(operation, answer, items.length === 0 ? 'no replays\n' : table(HEADER, items.map(rowOf)));
  return answer;
}

function startedLine(answer: Item): string {
  const { replay: started, events, gone } = answer as { replay?: Item; events?: unknown; gone?: unknown };
  if (started !== undefined) return `replay ${text(started['id'])} has begun\n`;
  return `${counted(Number(events), 'event')} would be sent${goneNote(gone)}\n`;
}

/** What is added for people when the log has forgotten some of what they asked for. */
export function goneNote(gone: unknown): string {
  return Number(gone) > 0 ? `; ${text(gone)} are gone from the log` : '';
}

function rowOf(item: Item): readonly unknown[] {
  return COLUMNS.map((key) => item[key]);
}
