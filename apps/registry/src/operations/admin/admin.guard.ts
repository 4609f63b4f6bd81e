import { createHash, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { RegistryConfig } from '../../config/registry-config.js';
import { REGISTRY_CONFIG } from '../../config/registry-config.token.js';
import { RegistryError } from '../../http/registry-error.js';

/**
 * Lets administrators in: on a socket whoever its file's mode let connect, on a network address whoever sends the token. The address
 * itself is checked before, by the adapter: elsewhere these routes do not exist.
 */
@Injectable()
export class AdminGuard implements CanActivate {
  readonly #expected: Buffer | undefined;

  constructor(@Inject(REGISTRY_CONFIG) { admin }: RegistryConfig) {
    this.#expected = admin.address.kind === 'tcp' ? hashed(`Bearer ${admin.token ?? ''}`) : undefined;
  }

  canActivate(context: ExecutionContext): boolean {
    if (this.#expected === undefined) return true;
    const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
    // Hashes have one length, so that comparing them tells nothing of the token's.
    if (timingSafeEqual(hashed(headers.authorization ?? ''), this.#expected)) return true;
    throw new RegistryError('UNAUTHORIZED', 'send the token of admin.token as Authorization: Bearer');
  }
}

function hashed(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
