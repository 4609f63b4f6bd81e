import { Controller, HttpCode, Post, UseGuards } from '@nestjs/common';
import { ConfigReload, type ReloadReport } from '../config-reload.js';
import { AdminGuard } from './admin.guard.js';
import { Describe } from './openapi/admin-operation.js';
import { COUNT, list, object, TEXT } from './openapi/schema.js';

/** The configuration file, for operators who have changed it. */
@Controller('admin/v1/reload')
@UseGuards(AdminGuard)
export class ReloadAdminController {
  constructor(private readonly config: ConfigReload) {}

  @Post()
  @HttpCode(200)
  @Describe({
    summary: 'Read the configuration file again and put its endpoints in effect',
    description:
      'What is unchanged is not touched, and what waits for an endpoint is kept. A file that is wrong changes nothing.',
    answer: {
      description: 'What became of the endpoints, by their names, and what takes a restart',
      schema: object({
        added: list(TEXT),
        resumed: list(TEXT),
        changed: list(object({ name: TEXT }, { released: COUNT, gained: COUNT })),
        detached: list(TEXT),
        disabled: list(TEXT),
        unchanged: list(TEXT),
        needRestart: list({ ...TEXT, description: 'path of a key' }),
      }),
    },
    refusals: ['CONFIG_INVALID', 'UNSUPPORTED', 'UNAVAILABLE'],
  })
  reload(): Promise<ReloadReport> {
    return this.config.reload();
  }
}
