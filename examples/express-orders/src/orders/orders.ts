import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database, WriteBatch } from '@herald/database';
import { EventLog } from '@herald/notifications';

/** What `orders.order.placed` says. */
export interface OrderPlaced {
  readonly orderId: string;
  readonly customer: string;
  readonly amountCents: number;
}

@Injectable()
export class Orders {
  constructor(
    private readonly database: Database,
    private readonly events: EventLog,
  ) {}

  /** Stores an order and its event in one transaction: there is never one without the other. @throws DatabaseError */
  async place(customer: string, amountCents: number): Promise<string> {
    const orderId = randomUUID();
    const data: OrderPlaced = { orderId, customer, amountCents };
    const batch = new WriteBatch().run('INSERT INTO orders (id, customer, amount_cents) VALUES (?, ?, ?)', [
      orderId,
      customer,
      amountCents,
    ]);
    // Events of one lane arrive in order: here those of one customer.
    this.events.append(batch, this.events.draft({ type: 'orders.order.placed', lane: customer, data }));
    await this.database.commit(batch);
    return orderId;
  }
}
