import { Inject, Injectable, type CanActivate } from '@nestjs/common';
import { type RegistryConfig } from '../config/registry-config.js';
import { REGISTRY_CONFIG } from '../config/registry-config.token.js';
import { RegistryError } from '../http/registry-error.js';

/** The one gate in front of every route that deletes content: manifests, tags and blobs alike (CVE-2026-41888). */
@Injectable()
export class DeletionPolicy implements CanActivate {
  constructor(@Inject(REGISTRY_CONFIG) private readonly config: RegistryConfig) {}

  canActivate(): boolean {
    if (this.config.storage.deleteEnabled) return true;
    throw new RegistryError('UNSUPPORTED', 'deleting is off: storage.delete.enabled is not set');
  }
}
