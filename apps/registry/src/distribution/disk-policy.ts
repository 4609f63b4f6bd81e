import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Disk } from '@herald/database';
import { RegistryError } from '../http/registry-error.js';
import { changesRepositories } from './write-policy.js';

/**
 * Refuses every change while the disk takes no more, before a byte of it is read: what was promised already needs the room that is
 * left. Giving up an upload is let through, because it makes room. Like {@link WritePolicy} it stands before all routes.
 */
@Injectable()
export class DiskPolicy implements CanActivate {
  constructor(private readonly disk: Disk) {}

  canActivate(context: ExecutionContext): boolean {
    const { refusal } = this.disk;
    if (refusal === undefined) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (!changesRepositories(request) || cancelsUpload(request)) return true;
    throw new RegistryError('UNAVAILABLE', refusal);
  }
}

function cancelsUpload({ method, routeOptions }: FastifyRequest): boolean {
  return method === 'DELETE' && routeOptions.url?.endsWith('/blobs/uploads/:id') === true;
}
