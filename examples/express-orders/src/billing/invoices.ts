import { Injectable } from '@nestjs/common';
import { Database, WriteBatch, type Row } from '@herald/database';

export interface Invoice extends Row {
  readonly event_id: string;
  readonly order_id: string;
  readonly amount_cents: number;
}

@Injectable()
export class Invoices {
  constructor(private readonly database: Database) {}

  /** Writes an invoice once, however often its event comes: the event's id is its key. @throws DatabaseError */
  async write({ event_id, order_id, amount_cents }: Invoice): Promise<void> {
    await this.database.commit(
      new WriteBatch().run(
        'INSERT INTO invoices (event_id, order_id, amount_cents) VALUES (?, ?, ?) ON CONFLICT (event_id) DO NOTHING',
        [event_id, order_id, amount_cents],
      ),
    );
  }

  all(): Promise<readonly Invoice[]> {
    return this.database.read<Invoice>(
      'SELECT event_id, order_id, amount_cents FROM invoices ORDER BY rowid',
    );
  }
}
