import { Database, type CommitOutcome, type WriteBatch } from '@herald/database';

/** Dies in the middle: some commits go through, and the next is never made. */
export class DyingDatabase extends Database {
  constructor(
    private readonly real: Database,
    private commits: number,
  ) {
    super();
  }

  override read: Database['read'] = (sql, params) => this.real.read(sql, params);

  override async commit(batch: WriteBatch): Promise<CommitOutcome> {
    if (this.commits === 0) throw new Error('killed');
    this.commits -= 1;
    return this.real.commit(batch);
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }
}
