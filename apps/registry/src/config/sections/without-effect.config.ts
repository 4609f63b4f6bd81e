import { count, duration, flag, headers, listenAddress, text, webhookUrl } from '../schema/kinds.js';
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
