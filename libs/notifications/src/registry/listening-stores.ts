import type {
  BlobService,
  BlobStore,
  ManifestService,
  ManifestStore,
  TagService,
  TagStore,
  UploadService,
  UploadStore,
} from '@herald/storage';
import type { Announcer } from './announcer.js';

/** The stores of a repository as controllers see them: reads pass through, and each mutation takes its events along. */

export function listeningManifests(inner: ManifestStore, announcer: Announcer): ManifestService {
  return {
    get: (reference) => inner.get(reference),
    referrers: (subject, page) => inner.referrers(subject, page),
    put: async (push) => inner.put(push, announcer.alongside()),
    delete: async (digest) => inner.delete(digest, announcer.alongside()),
  };
}

export function listeningTags(inner: TagStore, announcer: Announcer): TagService {
  return {
    list: (page) => inner.list(page),
    delete: async (tag) => inner.delete(tag, announcer.alongside()),
  };
}

export function listeningBlobs(inner: BlobStore, announcer: Announcer): BlobService {
  return {
    stat: (digest) => inner.stat(digest),
    open: (digest) => inner.open(digest),
    mount: async (digest, from) => inner.mount(digest, from, announcer.alongside()),
    delete: async (digest) => inner.delete(digest, announcer.alongside()),
  };
}

/** Only what ends an upload makes a blob of it: what comes before is nobody's business. */
export function listeningUploads(inner: UploadStore, announcer: Announcer): UploadService {
  return {
    start: (algorithm) => inner.start(algorithm),
    status: (id) => inner.status(id),
    append: (id, source, at) => inner.append(id, source, at),
    commit: async (id, digest) => inner.commit(id, digest, announcer.alongside()),
    close: async (id, digest, last) => inner.close(id, digest, last, announcer.alongside()),
    push: async (digest, source) => inner.push(digest, source, announcer.alongside()),
    cancel: (id) => inner.cancel(id),
  };
}
