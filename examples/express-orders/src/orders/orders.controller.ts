import { Body, Controller, Post } from '@nestjs/common';
import { IsInt, IsString, Length, Max, Min } from 'class-validator';
import { Orders } from './orders.js';

class NewOrder {
  @IsString()
  @Length(1, 100)
  customer!: string;

  @IsInt()
  @Min(1)
  @Max(100_000_000)
  amountCents!: number;
}

@Controller('orders')
export class OrdersController {
  constructor(private readonly orders: Orders) {}

  @Post()
  async place(@Body() { customer, amountCents }: NewOrder): Promise<{ readonly id: string }> {
    return { id: await this.orders.place(customer, amountCents) };
  }
}
