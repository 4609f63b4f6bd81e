import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Registry } from 'prom-client';

/** What Prometheus reads, on the debug address. */
@Controller()
export class MetricsController {
  constructor(private readonly registry: Registry) {}

  @Get('metrics')
  async metrics(@Res() { raw: response }: FastifyReply): Promise<void> {
    const body = Buffer.from(await this.registry.metrics());
    response.writeHead(200, { 'Content-Type': this.registry.contentType, 'Content-Length': body.length });
    response.end(body);
  }
}
