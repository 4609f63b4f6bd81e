import { Injectable, Logger } from '@nestjs/common';
import { OnEndpointEvent, type EndpointEvent } from '@herald/notifications';
import type { OrderPlaced } from './orders.js';

/** A handler in the process: it gets every event at least once, over any restart, and again while it throws. */
@Injectable()
export class Confirmations {
  readonly #logger = new Logger('Confirmations');

  @OnEndpointEvent('confirmations')
  confirm({ data }: EndpointEvent): void {
    const { orderId, customer } = data as OrderPlaced;
    this.#logger.log(`a letter to ${customer}: order ${orderId} is placed`);
  }
}
