import { Random } from '../crash/random.js';
import { CollectionPromises, type Operation } from './collection-promises.js';
import {
  parseReference,
  parseTag,
  StorageError,
  type Descriptor,
  type Digest,
  type StoredRepository,
} from '@herald/storage';
import {
  digestOf,
  imageOf,
  indexOf,
  journal,
  OCI_IMAGE,
  OCI_INDEX,
  pushBlob,
  sourceOf,
  stated,
  type StorageFixture,
  type TestClock,
} from './storage-fixture.js';

const HOUR = 3_600_000;

const CLIENTS = 4;
const REPOSITORIES = 3;
const CONTENTS = 14;
const TAGS = 3;

type Known = Map<string, Descriptor>;

/** What clients do with a registry, at random by a seed, with time that jumps. */
export class CollectionWorkload {
  readonly promises: CollectionPromises;
  /** What clients were told of, however long ago, and nobody deleted since: by `repository digest`. */
  readonly #blobs: Known = new Map();
  readonly #manifests: Known = new Map();
  readonly #repositories: readonly StoredRepository[];
  readonly #random: Random;
  #left = 0;
  #working = CLIENTS;

  constructor(
    storage: StorageFixture,
    private readonly clock: TestClock,
    { seed, trustMs }: { readonly seed: number; readonly trustMs: number },
  ) {
    this.promises = new CollectionPromises(clock, trustMs);
    this.#random = new Random(seed, 'collection');
    this.#repositories = Array.from({ length: REPOSITORIES }, (_, index) =>
      storage.repository(`load/r${index}`),
    );
  }

  get isOver(): boolean {
    return this.#working === 0;
  }

  async run(operations: number): Promise<void> {
    this.#left = operations;
    await Promise.all(Array.from({ length: CLIENTS }, () => this.#client()));
  }

  async #client(): Promise<void> {
    try {
      while (this.#left > 0) {
        this.#left -= 1;
        await this.#operation();
        if (this.#below(3) === 0) this.clock.advance(this.#below(2 * HOUR));
      }
    } finally {
      this.#working -= 1;
    }
  }

  #operation(): Promise<void> {
    const repository = this.#one(this.#repositories);
    const operations = [
      () => this.#push(repository),
      () => this.#push(repository),
      () => this.#mount(repository),
      () => this.#look(repository),
      () => this.#look(repository),
      () => this.#pushImage(repository),
      () => this.#pushImage(repository),
      () => this.#pushIndex(repository),
      () => this.#readManifest(repository),
      () => this.#deleteTag(repository),
      () => this.#deleteBlob(repository),
      () => this.#deleteManifest(repository),
    ];
    return this.#one(operations)();
  }

  async #push(repository: StoredRepository): Promise<void> {
    const content = Buffer.from(`content ${this.#below(CONTENTS)} `.repeat(this.#below(2) === 0 ? 2 : 9));
    const operation = this.promises.begin();
    const pushed =
      this.#below(2) === 0
        ? await pushBlob(repository, content)
        : await repository.uploads.push(digestOf(content), sourceOf(content), journal);
    this.#tell(operation, this.#blobs, repository, pushed);
  }

  async #mount(repository: StoredRepository): Promise<void> {
    const from = this.#one(this.#repositories);
    const known = this.#known(this.#blobs, from);
    if (known === undefined) return;
    const operation = this.promises.begin();
    const mounted = await repository.blobs.mount(known.digest, from.name, journal);
    if (mounted !== undefined) this.#tell(operation, this.#blobs, repository, mounted);
    else operation.refused('a mount did not find', keyOf(from, known));
  }

  async #look(repository: StoredRepository): Promise<void> {
    const known = this.#known(this.#blobs, repository);
    if (known === undefined) return;
    const operation = this.promises.begin();
    const found = await repository.blobs.stat(known.digest);
    if (found !== undefined) this.#tell(operation, this.#blobs, repository, found);
    else operation.refused('HEAD did not find', keyOf(repository, known));
  }

  async #pushImage(repository: StoredRepository): Promise<void> {
    const [config, layer] = [this.#known(this.#blobs, repository), this.#known(this.#blobs, repository)];
    if (config === undefined || layer === undefined) return;
    const subject = this.#below(3) === 0 ? this.#known(this.#manifests, repository) : undefined;
    const fields = {
      annotations: { kind: String(this.#below(4)) },
      ...(subject && { subject: stated(subject) }),
    };
    await this.#put(repository, imageOf(config, [layer], fields), OCI_IMAGE);
  }

  async #pushIndex(repository: StoredRepository): Promise<void> {
    const child = this.#known(this.#manifests, repository);
    if (child === undefined) return;
    await this.#put(repository, indexOf([child]), OCI_INDEX);
  }

  /** What a client was told lately, and nobody deleted since, is enough to push a manifest. */
  async #put(repository: StoredRepository, bytes: Buffer, mediaType: string): Promise<void> {
    const tagged = this.#below(2) === 0;
    const reference = parseReference(tagged ? `t${this.#below(TAGS)}` : digestOf(bytes));
    const operation = this.promises.begin();
    try {
      const { descriptor } = await repository.manifests.put({ reference, mediaType, bytes }, journal);
      this.#tell(operation, this.#manifests, repository, descriptor);
    } catch (error) {
      if (!(error instanceof StorageError) || error.code !== 'MANIFEST_BLOB_UNKNOWN') throw error;
      for (const digest of error.detail as readonly Digest[])
        operation.refused('a push did not find', keyOf(repository, { digest }));
    }
  }

  async #readManifest(repository: StoredRepository): Promise<void> {
    const known = this.#known(this.#manifests, repository);
    if (known === undefined) return;
    const operation = this.promises.begin();
    const found = await repository.manifests.get(parseReference(known.digest));
    if (found !== undefined) this.#tell(operation, this.#manifests, repository, found.descriptor);
    else operation.refused('GET did not find', keyOf(repository, known));
  }

  async #deleteTag({ tags }: StoredRepository): Promise<void> {
    await wasThere(tags.delete(parseTag(`t${this.#below(TAGS)}`), journal));
  }

  #deleteBlob(repository: StoredRepository): Promise<void> {
    return this.#delete(repository.blobs, this.#blobs, repository);
  }

  #deleteManifest(repository: StoredRepository): Promise<void> {
    return this.#delete(repository.manifests, this.#manifests, repository);
  }

  async #delete(
    store: Pick<StoredRepository['blobs' | 'manifests'], 'delete'>,
    all: Known,
    repository: StoredRepository,
  ): Promise<void> {
    const known = this.#known(all, repository);
    if (known === undefined || this.#below(2) === 0) return;
    const key = keyOf(repository, known);
    const operation = this.promises.begin();
    if (await wasThere(store.delete(known.digest, journal))) operation.deleted(key);
    else operation.refused('DELETE did not find', key);
    all.delete(key);
  }

  #tell(operation: Operation, all: Known, repository: StoredRepository, descriptor: Descriptor): void {
    const key = keyOf(repository, descriptor);
    operation.told(key);
    all.set(key, descriptor);
  }

  #known(all: Known, { name }: StoredRepository): Descriptor | undefined {
    const own = [...all].filter(([key]) => key.startsWith(`${name} `));
    return own.length === 0 ? undefined : this.#one(own)[1];
  }

  #one<T>(items: readonly T[]): T {
    return items[this.#below(items.length)] as T;
  }

  /** A whole number from 0, below `limit`. */
  #below(limit: number): number {
    return this.#random.between(0, limit - 1);
  }
}

function keyOf({ name }: StoredRepository, { digest }: Pick<Descriptor, 'digest'>): string {
  return `${name} ${digest}`;
}

/** Whether a deletion found what it was to delete. */
async function wasThere(deletion: Promise<void>): Promise<boolean> {
  try {
    await deletion;
    return true;
  } catch (error) {
    if (error instanceof StorageError && error.code.endsWith('_UNKNOWN')) return false;
    throw error;
  }
}
