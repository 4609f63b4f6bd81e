import { Controller, Get, UseGuards } from '@nestjs/common';
import { AdminGuard } from '../admin.guard.js';
import { AdminApiDocument } from './admin-api-document.js';
import { Describe } from './admin-operation.js';

/** Serves the description of the admin API, at the admin address. */
@Controller()
@UseGuards(AdminGuard)
export class OpenApiController {
  constructor(private readonly document: AdminApiDocument) {}

  @Get('openapi.json')
  @Describe({
    summary: 'This description',
    answer: {
      description: 'An OpenAPI 3.1 document',
      schema: { type: 'object', additionalProperties: true },
    },
  })
  describe(): Promise<object> {
    return this.document.read();
  }
}
