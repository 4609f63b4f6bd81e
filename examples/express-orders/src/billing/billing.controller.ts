import { Body, Controller, Get, HttpCode, Post, UseGuards } from '@nestjs/common';
import { WebhookGuard } from '@herald/notifications';
import type { OrderPlaced } from '../orders/orders.js';
import { Invoices, type Invoice } from './invoices.js';

/** A CloudEvent in the structured mode: https://cloudevents.io. */
interface OrderPlacedEvent {
  readonly id: string;
  readonly data: OrderPlaced;
}

@Controller()
export class BillingController {
  constructor(private readonly invoices: Invoices) {}

  /** Answers when the invoice is durable: what is not answered comes again. */
  @Post('hooks/orders')
  @HttpCode(204)
  @UseGuards(WebhookGuard)
  async receive(@Body() { id, data }: OrderPlacedEvent): Promise<void> {
    await this.invoices.write({ event_id: id, order_id: data.orderId, amount_cents: data.amountCents });
  }

  @Get('invoices')
  list(): Promise<readonly Invoice[]> {
    return this.invoices.all();
  }
}
