import {
  count,
  duration,
  flag,
  headers,
  listenAddress,
  listOf,
  oneOf,
  text,
  webhookUrl,
} from '../schema/kinds.js';
import { Key, Section, SectionList } from '../schema/section-schema.js';

/*
 * Sections of Distribution that Herald accepts and does not act upon yet. They are read all the same: a slip in them should not wait
 * for the version that does.
 */

export class StorageDriverCheckConfig {
  @Key(flag())
  enabled?: boolean;

  @Key(duration())
  interval?: string;

  @Key(count(0))
  threshold?: number;
}

export class FileCheckConfig {
  @Key(text('the path of a file'))
  file?: string;

  @Key(duration())
  interval?: string;

  @Key(count(0))
  threshold?: number;
}

export class HttpCheckConfig {
  @Key(webhookUrl())
  uri?: string;

  @Key(headers())
  headers?: Record<string, string[]>;

  @Key(count(100))
  statuscode?: number;

  @Key(duration())
  timeout?: string;

  @Key(duration())
  interval?: string;

  @Key(count(0))
  threshold?: number;
}

export class TcpCheckConfig {
  @Key(listenAddress())
  addr?: string;

  @Key(duration())
  timeout?: string;

  @Key(duration())
  interval?: string;

  @Key(count(0))
  threshold?: number;
}

export class HealthConfig {
  @Section(() => StorageDriverCheckConfig)
  storagedriver?: StorageDriverCheckConfig;

  @SectionList(() => FileCheckConfig, 'a check of a file', { goName: 'filecheckers' })
  file?: FileCheckConfig[];

  @SectionList(() => HttpCheckConfig, 'a check of a URL', { goName: 'httpcheckers' })
  http?: HttpCheckConfig[];

  @SectionList(() => TcpCheckConfig, 'a check of an address', { goName: 'tcpcheckers' })
  tcp?: TcpCheckConfig[];
}

export class CatalogConfig {
  @Key(count(0))
  maxentries?: number;
}

export class TagsConfig {
  @Key(count(0))
  maxtags?: number;
}

export class PlatformConfig {
  @Key(text('the name of an architecture'))
  architecture?: string;

  @Key(text('the name of an operating system'))
  os?: string;
}

export class IndexesConfig {
  @Key(oneOf(['all', 'none', 'list']))
  platforms?: string;

  @SectionList(() => PlatformConfig, 'a platform')
  platformlist?: PlatformConfig[];
}

export class UrlsConfig {
  @Key(listOf(text('a regular expression'), 'regular expressions'))
  allow?: string[];

  @Key(listOf(text('a regular expression'), 'regular expressions'))
  deny?: string[];
}

export class ManifestsConfig {
  @Section(() => UrlsConfig)
  urls?: UrlsConfig;

  @Section(() => IndexesConfig)
  indexes?: IndexesConfig;
}

export class ValidationConfig {
  @Key(flag())
  disabled?: boolean;

  @Key(flag())
  enabled?: boolean;

  @Section(() => ManifestsConfig)
  manifests?: ManifestsConfig;
}
