import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { Row } from '../database.js';
import type { Value } from '../write-batch.js';

/** A prepared query, to be asked many times. */
export class Query {
  readonly #statement: StatementSync;
  readonly #columns: readonly string[];

  /** @throws what SQLite refuses the statement with */
  constructor(connection: DatabaseSync, sql: string) {
    this.#statement = connection.prepare(sql);
    this.#columns = this.#statement.columns().map(({ name }) => name);
    this.#statement.setReturnArrays(true);
  }

  /** All rows. @throws what SQLite fails with */
  rows(params: readonly Value[]): readonly Row[] {
    const rows = this.#statement.all(...(params as SQLInputValue[])) as unknown as readonly Value[][];
    return rows.map((values) => this.#row(values));
  }

  // SQLite's own row objects are hash tables: pages of them take twice as long to make and to read.
  #row(values: readonly Value[]): Row {
    const row: Record<string, Value> = {};
    for (const [index, column] of this.#columns.entries()) row[column] = values[index] ?? null;
    return row;
  }
}
