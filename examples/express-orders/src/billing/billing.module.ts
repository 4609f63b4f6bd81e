import { Module, type DynamicModule } from '@nestjs/common';
import { WEBHOOK_GUARD_OPTIONS, type WebhookGuardOptions } from '@herald/notifications';
import { BillingController } from './billing.controller.js';
import { Invoices } from './invoices.js';

@Module({})
export class BillingModule {
  static forRoot(verification: WebhookGuardOptions): DynamicModule {
    return {
      module: BillingModule,
      controllers: [BillingController],
      providers: [Invoices, { provide: WEBHOOK_GUARD_OPTIONS, useValue: verification }],
    };
  }
}
