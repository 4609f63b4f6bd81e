import type { Database } from '@herald/database';
import { EventsSource } from './events-source.js';
import { LettersSource } from './letters-source.js';
import type { ReplayJob } from './replay-job.js';
import { nextReplay } from './replay-rows.js';
import type { ReplaySource, SourceTools } from './replay-source.js';

/** What an endpoint reads of its replays. */
export class ReplayStore {
  constructor(private readonly database: Database) {}

  /** The job of an endpoint that is to be worked on: the first that has not ended. @throws DatabaseError */
  next(endpoint: string): Promise<ReplayJob | undefined> {
    return nextReplay(this.database, endpoint);
  }

  /** The reader of what a job sends again. @throws FilterError when its selection cannot be compiled */
  source(
    { id, selection, lastSequence }: Pick<ReplayJob, 'id' | 'selection' | 'lastSequence'>,
    tools: Omit<SourceTools, 'database'>,
  ): ReplaySource {
    const all = { ...tools, database: this.database };
    return selection.kind === 'dead-letters'
      ? new LettersSource(id, lastSequence, all)
      : new EventsSource(selection, lastSequence, all);
  }
}
