import { Controller, Delete, HttpCode, Param, UseGuards } from '@nestjs/common';
import { RepositoryService, type RepositoryName } from '@herald/storage';
import { RepositoryNamePipe } from '../../distribution/path-pipes.js';
import { AdminGuard } from './admin.guard.js';
import { Describe } from './openapi/admin-operation.js';

/** What administrators do with whole repositories. The specification has no such route, and clients must not have it. */
@Controller('admin/v1/repositories')
@UseGuards(AdminGuard)
export class RepositoriesAdminController {
  constructor(private readonly repositories: RepositoryService) {}

  /** Deletes a repository with all that is in it; its name is one path part, with its slashes escaped. */
  @Delete(':name')
  @HttpCode(204)
  @Describe({
    summary: 'Delete a repository with all that is in it',
    description: 'Its events are made and delivered as for any other delete.',
    answer: { status: 204, description: 'It is deleted' },
    refusals: ['NAME_INVALID', 'NAME_UNKNOWN', 'UNSUPPORTED', 'UNAVAILABLE'],
  })
  async delete(@Param('name', RepositoryNamePipe) name: RepositoryName): Promise<void> {
    await this.repositories.repository(name).delete();
  }
}
