import { Controller, Get, Res, type Type } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Registry } from 'prom-client';

/** The controller of the page that Prometheus reads: where it is, the configuration says. */
export function metricsController(path: string): Type {
  @Controller()
  class MetricsController {
    constructor(private readonly registry: Registry) {}

    @Get(path)
    async metrics(@Res() { raw: response }: FastifyReply): Promise<void> {
      const body = Buffer.from(await this.registry.metrics());
      response.writeHead(200, { 'Content-Type': this.registry.contentType, 'Content-Length': body.length });
      response.end(body);
    }
  }
  return MetricsController;
}
