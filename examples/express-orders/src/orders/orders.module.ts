import { Module } from '@nestjs/common';
import { Confirmations } from './confirmations.js';
import { OrdersController } from './orders.controller.js';
import { Orders } from './orders.js';

@Module({ controllers: [OrdersController], providers: [Orders, Confirmations] })
export class OrdersModule {}
