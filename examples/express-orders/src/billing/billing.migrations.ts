import type { Migration } from '@herald/database';

export const billingMigrations: readonly Migration[] = [
  {
    library: 'billing',
    version: 1,
    sql: 'CREATE TABLE invoices (event_id TEXT PRIMARY KEY, order_id TEXT NOT NULL, amount_cents INTEGER NOT NULL) STRICT',
  },
];
