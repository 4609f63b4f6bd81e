import type { DatabaseSync } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import type { Finding } from './finding.js';
import type { LogEvent } from './log-checks.js';
import type { OperatorRecord } from './operator-record.js';
import type { Replayed, TroubledReceiver } from './receiver.js';

interface Job {
  readonly id: string;
  readonly state: string;
  readonly first_sequence: number;
  readonly last_sequence: number;
  readonly sent: number;
  readonly failed: number;
  readonly gone: number;
}

/** Replays, over any number of crashes: each has come to its end, and has sent what it was asked for, as it had been sent before. */
export function checkReplays(
  database: DatabaseSync,
  log: readonly LogEvent[],
  record: OperatorRecord,
  receiver: Pick<TroubledReceiver, 'replays' | 'malformed'>,
): Finding[] {
  const jobs = database.prepare('SELECT * FROM replay_jobs').all() as unknown as readonly Job[];
  const ids = new Set(jobs.map(({ id }) => id));
  const lost = record.replays.filter((id) => !ids.has(id));
  const unknown = [...receiver.replays.keys()].filter((id) => !ids.has(id));
  const unheard = jobs.length - record.replays.length;
  return [
    ...lost.map((id): Finding => ({ kind: 'lost', what: `replay ${id} was acknowledged` })),
    ...unknown.map((id): Finding => ({ kind: 'phantom', what: `nobody knows replay ${id}` })),
    ...receiver.malformed.map((what): Finding => ({ kind: 'corrupt', what })),
    ...(unheard > record.unansweredReplays
      ? [{ kind: 'phantom', what: `${unheard} replays more than were asked for` } as const]
      : []),
    ...jobs.flatMap((job) => checkJob(job, log, receiver.replays.get(job.id) ?? new Map())),
  ];
}

function checkJob(job: Job, log: readonly LogEvent[], sent: ReadonlyMap<string, Replayed>): Finding[] {
  const { id, state, first_sequence: first, last_sequence: last } = job;
  const findings: Finding[] = [];
  if (state !== 'done' || job.failed > 0 || job.gone > 0)
    findings.push({ kind: 'undelivered', what: `replay ${id} is ${state}: ${JSON.stringify(job)}` });
  const wanted = log.filter(({ sequence }) => sequence >= first && sequence <= last);
  if (job.sent !== wanted.length)
    findings.push({ kind: 'corrupt', what: `replay ${id} counts ${job.sent} events of ${wanted.length}` });
  for (const { sequence, event } of wanted) {
    const replayed = sent.get(event.id);
    if (replayed?.accepted !== true)
      findings.push({ kind: 'undelivered', what: `replay ${id} has not brought event ${sequence}` });
    else if (!isDeepStrictEqual(replayed.event, event))
      findings.push({ kind: 'corrupt', what: `replay ${id} brought event ${sequence} in other words` });
  }
  const asked = new Set(wanted.map(({ event }) => event.id));
  const others = [...sent.keys()].filter((each) => !asked.has(each));
  return [
    ...findings,
    ...others.map((each): Finding => ({ kind: 'phantom', what: `replay ${id} brought ${each}` })),
  ];
}
