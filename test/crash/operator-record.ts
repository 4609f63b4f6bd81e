/** A backup that was asked for. */
export interface BackupAsked {
  readonly directory: string;
  /** Tick of the journal, before it was asked for. */
  readonly askedAt: number;
}

/** One run of the registry, as collection is to be judged by it. */
export interface RunRecord {
  /** ms since 1970, before the process was started. */
  readonly launchedAtMs: number;
  readonly collectsUntagged: boolean;
  /** The run before it did not come to its own end. */
  readonly afterCrash: boolean;
}

/** What operators did, and were told. */
export class OperatorRecord {
  /** In their order. */
  readonly runs: RunRecord[] = [];
  readonly backups: BackupAsked[] = [];
  /** Jobs that were acknowledged, by their ids. */
  readonly replays: string[] = [];
  /** Requests without an answer that may have started a job. */
  unansweredReplays = 0;
  collections = 0;
  reloads = 0;
  /** What was not as it had been announced. */
  readonly broken: string[] = [];
  /** Answers that nothing explains. */
  readonly surprises: string[] = [];

  /** The run in which a moment lies, in ms since 1970. */
  runAt(ms: number): RunRecord | undefined {
    return this.runs.findLast(({ launchedAtMs }) => launchedAtMs <= ms);
  }
}
