import { expression, flag, listOf, oneOf, text } from '../schema/kinds.js';
import { Key, Section, SectionList } from '../schema/section-schema.js';

export const CHECKED_PLATFORMS = ['all', 'none', 'list'] as const;
const CHECKED_BLOBS = ['all', 'none'] as const;

export class PlatformConfig {
  @Key(text('the name of an architecture'))
  architecture = '';

  @Key(text('the name of an operating system'))
  os = '';
}

export class IndexesConfig {
  /** Which children of an index must be there. */
  @Key(oneOf(CHECKED_PLATFORMS))
  platforms: (typeof CHECKED_PLATFORMS)[number] = 'all';

  @SectionList(() => PlatformConfig, 'a platform')
  platformlist: PlatformConfig[] = [];
}

/** Where layers that clients fetch elsewhere may lie. With neither list, anywhere. */
export class UrlsConfig {
  @Key(listOf(expression(), 'regular expressions'))
  allow: string[] = [];

  @Key(listOf(expression(), 'regular expressions'))
  deny: string[] = [];
}

export class ManifestsConfig {
  @Section(() => UrlsConfig)
  urls = new UrlsConfig();

  @Section(() => IndexesConfig)
  indexes = new IndexesConfig();

  /** Herald's own: which blobs of an image must be there. */
  @Key(oneOf(CHECKED_BLOBS))
  blobs: (typeof CHECKED_BLOBS)[number] = 'all';
}

/** `validation`: what a manifest is judged by when it is pushed. */
export class ValidationConfig {
  /** As upstream: children of an index need not be there, and layers may lie anywhere. `manifests.blobs` holds all the same. */
  @Key(flag())
  disabled = false;

  @Key(flag(), { noEffect: 'Distribution has given it up too; write validation.disabled' })
  enabled?: boolean;

  @Section(() => ManifestsConfig)
  manifests = new ManifestsConfig();
}
