import type { CommitOutcome, Row, Value, WriteBatch } from '@herald/database';
import { Database } from '@herald/database';
import { FilesystemDriver } from '../src/drivers/filesystem-driver.js';
import type { Digest } from '../src/repository/digest.js';

/** The process is dead: nothing that it does reaches the disk any more. */
export class Killed extends Error {
  override readonly name = 'Killed';
  readonly code = 'KILLED';
}

/** Counts the steps that reach the disk, and ends the process at one of them: nothing after it happens. */
export class Mortality {
  #stepsLeft = Infinity;
  #diedBefore: string | undefined;

  /** The step that it did not come to; `undefined` while it lives. */
  get diedBefore(): string | undefined {
    return this.#diedBefore;
  }

  /** Lets it do that many more steps. */
  dieAfter(steps: number): void {
    this.#stepsLeft = steps;
  }

  async step<T>(name: string, work: () => Promise<T>): Promise<T> {
    if (this.#diedBefore !== undefined || this.#stepsLeft === 0) {
      this.#diedBefore ??= name;
      throw new Killed(`killed before: ${name}`);
    }
    this.#stepsLeft -= 1;
    return work();
  }
}

/** The real database of a process that may die before any commit. */
export class MortalDatabase extends Database {
  constructor(
    private readonly real: Database,
    private readonly mortality: Mortality,
  ) {
    super();
  }

  override read<R extends Row = Row>(sql: string, params?: readonly Value[]): Promise<readonly R[]> {
    return this.real.read<R>(sql, params);
  }

  override commit(batch: WriteBatch): Promise<CommitOutcome> {
    const statements = batch.steps.filter(({ kind }) => kind === 'run').map(({ sql }) => sql.trim());
    return this.mortality.step(`commit ${statements[0]?.slice(0, 60) ?? 'nothing'}`, () =>
      this.real.commit(batch),
    );
  }

  override close(): Promise<void> {
    return this.real.close();
  }
}

/** Real files of a process that may die before any file of a blob is placed or removed. */
export class MortalDriver extends FilesystemDriver {
  constructor(
    root: string,
    private readonly mortality: Mortality,
  ) {
    super(root);
  }

  override placeBlob(upload: string, digest: Digest): Promise<void> {
    return this.mortality.step('place', () => super.placeBlob(upload, digest));
  }

  override removeBlob(digest: Digest): Promise<void> {
    return this.mortality.step('unlink', () => super.removeBlob(digest));
  }
}
