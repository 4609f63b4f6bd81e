import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { type RegistryConfig } from '../config/registry-config.js';
import { REGISTRY_CONFIG } from '../config/registry-config.token.js';
import { RegistryError } from '../http/registry-error.js';

const READING = new Set(['GET', 'HEAD', 'OPTIONS']);

/** What changes repositories: all of the distribution API, and the deletion of a whole one. What concerns endpoints goes on. */
const REPOSITORIES = /^\/(?:v2|admin\/v1\/repositories)(?:\/|$)/;

/** Whether a request asks to change what the repositories hold. */
export function changesRepositories({ method, routeOptions }: FastifyRequest): boolean {
  return !READING.has(method) && REPOSITORIES.test(routeOptions.url ?? '');
}

/**
 * Refuses every change while `storage.maintenance.readonly.enabled` is set. It stands before all routes, so that a new one cannot be
 * forgotten.
 */
@Injectable()
export class WritePolicy implements CanActivate {
  constructor(@Inject(REGISTRY_CONFIG) private readonly config: RegistryConfig) {}

  canActivate(context: ExecutionContext): boolean {
    if (!this.config.storage.readOnly) return true;
    if (!changesRepositories(context.switchToHttp().getRequest<FastifyRequest>())) return true;
    throw new RegistryError('UNSUPPORTED', 'the registry is read-only: storage.maintenance.readonly is set');
  }
}
