import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { WriteBatch, type Database, type Step } from '@herald/database';

/**
 * Marks the log in a copy of the database. A copy goes on at a place where the original has been already: the same sequences come again
 * with other events. So the first start from a copy names its log anew, and receivers, who are sent the name as `Herald-Log`, see it. It
 * is done by the start and not when the copy is made, because one copy may be started from more than once.
 */
export const COPIED_LOG: Pick<Step, 'sql' | 'params'> = {
  sql: 'UPDATE log SET copied = 1 WHERE id = 1',
  params: [],
};

/** The name of the log in this database: a new one at the first start from a copy. @throws DatabaseError */
export async function logUuid(database: Database): Promise<string> {
  const [row] = await database.read<{ uuid: string; copied: number }>(
    'SELECT uuid, copied FROM log WHERE id = 1',
  );
  if (row === undefined) throw new Error('the database has no event log');
  if (row.copied === 0) return row.uuid;
  const uuid = randomUUID();
  await database.commit(
    new WriteBatch('progress').run('UPDATE log SET uuid = ?, copied = 0 WHERE id = 1', [uuid]),
  );
  new Logger('EventLog').warn(
    `this database is restored from a backup of the log ${row.uuid}: its log is ${uuid} from now on, and goes on where the backup was made`,
  );
  return uuid;
}
