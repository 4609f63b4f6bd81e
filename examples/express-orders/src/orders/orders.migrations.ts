import type { Migration } from '@herald/database';

export const ordersMigrations: readonly Migration[] = [
  {
    library: 'orders',
    version: 1,
    sql: 'CREATE TABLE orders (id TEXT PRIMARY KEY, customer TEXT NOT NULL, amount_cents INTEGER NOT NULL) STRICT',
  },
];
