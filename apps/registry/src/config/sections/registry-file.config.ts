import { Key, Refused, Section } from '../schema/section-schema.js';
import type { ScalarKind } from '../schema/value-kind.js';
import { AdminConfig } from './admin.config.js';
import { CatalogConfig, TagsConfig } from './discovery.config.js';
import { GcConfig } from './gc.config.js';
import { HttpConfig } from './http.config.js';
import { LogConfig } from './log.config.js';
import { NotificationsConfig } from './notifications.config.js';
import { DatabaseConfig, StorageConfig } from './storage.config.js';
import { ValidationConfig } from './validation.config.js';
import { HealthConfig } from './without-effect.config.js';

/** The one version of the file's format that Distribution has. */
const version: ScalarKind = {
  shape: 'scalar',
  numbersAsText: true,
  secret: 'no',
  check: (value) =>
    value === '0.1' ? undefined : { expected: '0.1', found: value === '' ? 'nothing' : 'another version' },
};

/** The whole of `config.yml`, in its own names. */
export class RegistryFile {
  @Key(version)
  version = '';

  @Section(() => LogConfig)
  log = new LogConfig();

  @Section(() => StorageConfig)
  storage = new StorageConfig();

  @Section(() => DatabaseConfig)
  database = new DatabaseConfig();

  @Section(() => HttpConfig)
  http = new HttpConfig();

  @Section(() => GcConfig)
  gc = new GcConfig();

  @Section(() => AdminConfig)
  admin = new AdminConfig();

  @Section(() => NotificationsConfig)
  notifications = new NotificationsConfig();

  @Section(() => HealthConfig, {
    noEffect: 'Herald watches its own storage and database and answers at /health; it runs no other checks',
  })
  health?: HealthConfig;

  @Section(() => CatalogConfig)
  catalog = new CatalogConfig();

  @Section(() => TagsConfig)
  tags = new TagsConfig();

  @Section(() => ValidationConfig)
  validation = new ValidationConfig();

  @Refused(
    'everybody could push, pull and delete; put a proxy that authenticates before Herald, and remove the section',
    {
      keys: ['htpasswd', 'token', 'silly', 'none'],
    },
  )
  auth?: unknown;

  @Refused(
    'Herald cannot fetch from another registry yet, and what clients pull would be missing; remove the section',
    {
      keys: ['remoteurl', 'username', 'password', 'exec', 'ttl', 'cachewritetimeout'],
    },
  )
  proxy?: unknown;

  @Refused(
    'Herald loads no middleware, and what it guards or rewrites would go through; remove the section',
    {
      keys: ['registry', 'repository', 'storage'],
    },
  )
  middleware?: unknown;

  @Refused('Herald needs no Redis, its database holds what others cache there; remove the section', {
    keys: ['addr', 'addrs', 'password', 'db'],
  })
  redis?: unknown;

  @Refused('Herald has no policy for classes of repositories and would let all in; remove the section', {
    keys: ['repository'],
  })
  policy?: unknown;

  @Refused('Distribution has given it up as well; write log.level', { keys: [] })
  loglevel?: unknown;
}
