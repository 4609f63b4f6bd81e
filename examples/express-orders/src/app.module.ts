import { Module, type DynamicModule } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { NotificationsModule } from '@herald/notifications';
import { billingMigrations } from './billing/billing.migrations.js';
import { BillingModule } from './billing/billing.module.js';
import { HealthController } from './health.controller.js';
import { ordersMigrations } from './orders/orders.migrations.js';
import { OrdersModule } from './orders/orders.module.js';
import type { Settings } from './settings.js';

@Module({})
export class AppModule {
  static forRoot({ databasePath, billingUrl, webhookKey }: Settings): DynamicModule {
    const only = { types: ['orders.**'] };
    return {
      module: AppModule,
      imports: [
        NotificationsModule.forRoot({
          database: { path: databasePath, migrations: [...ordersMigrations, ...billingMigrations] },
          endpoints: [
            {
              name: 'billing',
              url: billingUrl,
              format: 'cloudevents',
              only,
              signing: { keys: [webhookKey] },
            },
            { name: 'confirmations', type: 'emitter', only },
          ],
        }),
        OrdersModule,
        BillingModule.forRoot({ keys: [webhookKey] }),
        TerminusModule,
      ],
      controllers: [HealthController],
    };
  }
}
