import type { Digest, RepositoryName } from '@herald/storage';
import { Inject, Injectable } from '@nestjs/common';
import { type RegistryConfig } from '../config/registry-config.js';
import { REGISTRY_CONFIG } from '../config/registry-config.token.js';
import { publicBase } from './request-origin.js';

/**
 * What goes into `Location` and `Link`. Relative unless `http.host` says where the registry is: a relative one is right behind every
 * proxy, and a whole class of defects of absolute ones cannot happen.
 */
@Injectable()
export class Locations {
  readonly #base: string;

  constructor(@Inject(REGISTRY_CONFIG) { http }: RegistryConfig) {
    this.#base =
      http.host === undefined || http.relativeUrls ? http.prefix : publicBase(http.host, http.prefix);
  }

  manifest(name: RepositoryName, digest: Digest): string {
    return `${this.#base}/v2/${name}/manifests/${digest}`;
  }

  blob(name: RepositoryName, digest: Digest): string {
    return `${this.#base}/v2/${name}/blobs/${digest}`;
  }

  upload(name: RepositoryName, id: string): string {
    return `${this.#base}/v2/${name}/blobs/uploads/${id}`;
  }

  /** Repositories after one of them. */
  catalogAfter(last: string, limit: number): string {
    return `${this.#base}/v2/_catalog?last=${encodeURIComponent(last)}&n=${limit}`;
  }

  /** Referrers of a subject after one of them. */
  referrersAfter(name: RepositoryName, subject: Digest, last: Digest, artifactType?: string): string {
    const filter = artifactType === undefined ? '' : `artifactType=${encodeURIComponent(artifactType)}&`;
    return `${this.#base}/v2/${name}/referrers/${subject}?${filter}last=${encodeURIComponent(last)}`;
  }

  /** Tags of a repository after one of them. */
  tagsAfter(name: RepositoryName, last: string, limit: number): string {
    return `${this.#base}/v2/${name}/tags/list?last=${encodeURIComponent(last)}&n=${limit}`;
  }
}
