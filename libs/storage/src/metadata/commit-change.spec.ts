import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  Database,
  DatabaseError,
  WriteBatch,
  type CommitOutcome,
  type DatabaseErrorCode,
} from '@herald/database';
import { StorageError } from '../repository/storage.error.js';
import { commitChange } from './commit-change.js';

/** Answers commits as it is told. */
class ScriptedDatabase extends Database {
  readonly committed: WriteBatch[] = [];

  constructor(private readonly answer: (attempt: number) => CommitOutcome) {
    super();
  }

  override read(): Promise<never> {
    return Promise.reject(new Error('nothing is read here'));
  }

  override async commit(batch: WriteBatch): Promise<CommitOutcome> {
    this.committed.push(batch);
    return this.answer(this.committed.length);
  }

  override async close(): Promise<void> {}
}

const YES: CommitOutcome = { committed: true };
const NO: CommitOutcome = { committed: false, precondition: 'the tag still names what it named' };

describe('commitChange', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('reads and builds again when somebody was faster, and commits what was built last', async () => {
    const database = new ScriptedDatabase((attempt) => (attempt < 3 ? NO : YES));
    const built: WriteBatch[] = [];
    const build = async () => {
      built.push(new WriteBatch());
      return built.at(-1);
    };
    await expect(commitChange(database, build)).resolves.toBe(true);
    expect(built).toHaveLength(3);
    expect(database.committed).toEqual(built);
  });

  it('commits nothing when there is nothing to do', async () => {
    const database = new ScriptedDatabase(() => YES);
    await expect(commitChange(database, async () => undefined)).resolves.toBe(false);
    expect(database.committed).toEqual([]);
  });

  it('gives up when others are faster for five seconds', async () => {
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => (now += 1_000));
    const database = new ScriptedDatabase(() => NO);
    await expect(commitChange(database, async () => new WriteBatch())).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
    expect(database.committed.length).toBeGreaterThan(3);
  });

  it.each<DatabaseErrorCode>(['OVERLOADED', 'FULL', 'READ_ONLY', 'IO', 'CORRUPT', 'CLOSED', 'SCHEMA'])(
    'tells the client to come back when the database says %s, without its words',
    async (code) => {
      const cause = new DatabaseError(code, 'private words of the database');
      const failing = async () =>
        commitChange(
          new ScriptedDatabase(() => {
            throw cause;
          }),
          async () => new WriteBatch(),
        );
      const reading = async () => commitChange(new ScriptedDatabase(() => YES), () => Promise.reject(cause));
      for (const work of [failing, reading]) {
        await expect(work()).rejects.toMatchObject({
          code: 'UNAVAILABLE',
          message: expect.not.stringContaining('private') as unknown,
          cause,
        });
      }
    },
  );

  it('does not hide a defect of the program', async () => {
    const wrong = new DatabaseError('STATEMENT', 'no such column');
    const database = new ScriptedDatabase(() => {
      throw wrong;
    });
    await expect(commitChange(database, async () => new WriteBatch())).rejects.toBe(wrong);
  });

  it('passes on what building refuses', async () => {
    const refusal = new StorageError('BLOB_UNKNOWN', 'blob unknown to registry');
    await expect(commitChange(new ScriptedDatabase(() => YES), () => Promise.reject(refusal))).rejects.toBe(
      refusal,
    );
  });
});
