import { Injectable } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';
import {
  RepositoryService,
  type Alongside,
  type Repository,
  type RepositoryName,
  type StoredRepositoryService,
} from '@herald/storage';
import { EventLog } from '../event-log/event-log.js';
import { Announcer } from './announcer.js';
import { EventBridge } from './bridge.js';
import { EventOrigin, NOBODY } from './event-origin.js';
import { listeningBlobs, listeningManifests, listeningTags, listeningUploads } from './listening-stores.js';

/**
 * Decorates the storage's repositories so that what happens in them is told. The events of a mutation are in its write batch: they are
 * durable when the mutation is, and exist only if it does. Events of reads follow some milliseconds later and hold up nobody.
 */
@Injectable()
export class NotificationsListener {
  readonly #announcer: Announcer;

  constructor(bridge: EventBridge, origin: EventOrigin, log: EventLog, emitter: EventEmitter2) {
    this.#announcer = new Announcer(bridge, origin, log, emitter);
  }

  /**
   * What joins the batches of changes that the program makes by itself, such as garbage collection. Their events name no request and no
   * actor.
   */
  alongside(): Alongside {
    return this.#announcer.alongside(NOBODY);
  }

  /** The same repositories, listened to. */
  listen(inner: StoredRepositoryService): RepositoryService {
    return new ListeningRepositories(inner, this.#announcer);
  }
}

class ListeningRepositories extends RepositoryService {
  constructor(
    private readonly inner: StoredRepositoryService,
    private readonly announcer: Announcer,
  ) {
    super();
  }

  override repository(name: RepositoryName): Repository {
    const { announcer } = this;
    const stored = this.inner.repository(name);
    const { manifests, tags, blobs, uploads } = stored;
    return {
      name,
      manifests: listeningManifests(manifests, announcer),
      tags: listeningTags(tags, announcer),
      blobs: listeningBlobs(blobs, announcer),
      uploads: listeningUploads(uploads, announcer),
      delete: async () => stored.delete(announcer.alongside()),
      served: (served) => announcer.served(name, served),
    };
  }
}
