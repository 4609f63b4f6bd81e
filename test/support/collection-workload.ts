import { Random } from '../crash/random.js';
import {
  parseReference,
  parseTag,
  StorageError,
  type Descriptor,
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
  stated,
  type StorageFixture,
  type TestClock,
} from './storage-fixture.js';

const HOUR = 3_600_000;

/** How long clients rely on what they were told: less than the grace, because time goes on while they push. */
const TRUST_MS = 12 * HOUR;
const CLIENTS = 4;
const REPOSITORIES = 3;
const CONTENTS = 14;
const TAGS = 3;

/** What a client knows of a content of a repository. */
interface Told {
  readonly descriptor: Descriptor;
  readonly atMs: number;
}

/** What clients do with a registry, at random by a seed, with time that jumps. Notes each promise that was broken. */
export class CollectionWorkload {
  readonly broken: string[] = [];
  /** What clients deleted themselves: `repository digest`. */
  readonly deleted = new Set<string>();
  readonly #blobs = new Map<string, Told>();
  readonly #manifests = new Map<string, Told>();
  readonly #repositories: readonly StoredRepository[];
  readonly #random: Random;
  #left = 0;
  #working = CLIENTS;

  constructor(
    storage: StorageFixture,
    private readonly clock: TestClock,
    seed: number,
  ) {
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
    this.#tell(this.#blobs, repository, await pushBlob(repository, content));
  }

  async #mount(repository: StoredRepository): Promise<void> {
    const from = this.#one(this.#repositories);
    const known = this.#known(this.#blobs, from);
    if (known === undefined) return;
    const mounted = await repository.blobs.mount(known.digest, from.name, journal);
    if (mounted !== undefined) this.#tell(this.#blobs, repository, mounted);
    else if (this.#isTrusted(this.#blobs, from, known)) this.#break('a mount did not find', from, known);
  }

  async #look(repository: StoredRepository): Promise<void> {
    const known = this.#known(this.#blobs, repository);
    if (known === undefined) return;
    const found = await repository.blobs.stat(known.digest);
    if (found !== undefined) this.#tell(this.#blobs, repository, found);
    else if (this.#isTrusted(this.#blobs, repository, known))
      this.#break('HEAD did not find', repository, known);
  }

  async #pushImage(repository: StoredRepository): Promise<void> {
    const [config, layer] = [this.#known(this.#blobs, repository), this.#known(this.#blobs, repository)];
    if (config === undefined || layer === undefined) return;
    const subject = this.#below(3) === 0 ? this.#known(this.#manifests, repository) : undefined;
    const fields = {
      annotations: { kind: String(this.#below(4)) },
      ...(subject && { subject: stated(subject) }),
    };
    await this.#put(repository, imageOf(config, [layer], fields), OCI_IMAGE, [
      [this.#blobs, config],
      [this.#blobs, layer],
    ]);
  }

  async #pushIndex(repository: StoredRepository): Promise<void> {
    const child = this.#known(this.#manifests, repository);
    if (child === undefined) return;
    await this.#put(repository, indexOf([child]), OCI_INDEX, [[this.#manifests, child]]);
  }

  /** What a client was told lately, and nobody deleted since, is enough to push a manifest. */
  async #put(
    repository: StoredRepository,
    bytes: Buffer,
    mediaType: string,
    needs: readonly (readonly [Map<string, Told>, Descriptor])[],
  ): Promise<void> {
    const tagged = this.#below(2) === 0;
    const reference = parseReference(tagged ? `t${this.#below(TAGS)}` : digestOf(bytes));
    try {
      const { descriptor } = await repository.manifests.put({ reference, mediaType, bytes }, journal);
      this.#tell(this.#manifests, repository, descriptor);
    } catch (error) {
      if (!(error instanceof StorageError) || error.code !== 'MANIFEST_BLOB_UNKNOWN') throw error;
      for (const [told, need] of needs) {
        const missing = (error.detail as readonly string[]).includes(need.digest);
        if (missing && this.#isTrusted(told, repository, need))
          this.#break('a push did not find', repository, need);
      }
    }
  }

  async #readManifest(repository: StoredRepository): Promise<void> {
    const known = this.#known(this.#manifests, repository);
    if (known === undefined) return;
    const found = await repository.manifests.get(parseReference(known.digest));
    if (found !== undefined) this.#tell(this.#manifests, repository, found.descriptor);
    else if (this.#isTrusted(this.#manifests, repository, known))
      this.#break('GET did not find', repository, known);
  }

  async #deleteTag({ tags }: StoredRepository): Promise<void> {
    await unlessUnknown(tags.delete(parseTag(`t${this.#below(TAGS)}`), journal));
  }

  async #deleteBlob(repository: StoredRepository): Promise<void> {
    const known = this.#known(this.#blobs, repository);
    if (known === undefined || this.#below(2) === 0) return;
    this.#forget(this.#blobs, repository, known);
    await unlessUnknown(repository.blobs.delete(known.digest, journal));
    this.#forget(this.#blobs, repository, known);
  }

  async #deleteManifest(repository: StoredRepository): Promise<void> {
    const known = this.#known(this.#manifests, repository);
    if (known === undefined || this.#below(2) === 0) return;
    this.#forget(this.#manifests, repository, known);
    await unlessUnknown(repository.manifests.delete(known.digest, journal));
    this.#forget(this.#manifests, repository, known);
  }

  #tell(told: Map<string, Told>, repository: StoredRepository, descriptor: Descriptor): void {
    told.set(keyOf(repository, descriptor), { descriptor, atMs: this.clock.now() });
  }

  #forget(told: Map<string, Told>, repository: StoredRepository, descriptor: Descriptor): void {
    told.delete(keyOf(repository, descriptor));
    this.deleted.add(keyOf(repository, descriptor));
  }

  /** Something that the client was told of, however long ago. */
  #known(told: ReadonlyMap<string, Told>, { name }: StoredRepository): Descriptor | undefined {
    const own = [...told].filter(([key]) => key.startsWith(`${name} `));
    return own.length === 0 ? undefined : this.#one(own)[1].descriptor;
  }

  #isTrusted(told: ReadonlyMap<string, Told>, repository: StoredRepository, descriptor: Descriptor): boolean {
    const known = told.get(keyOf(repository, descriptor));
    return known !== undefined && this.clock.now() - known.atMs < TRUST_MS;
  }

  #break(what: string, { name }: StoredRepository, { digest }: Descriptor): void {
    this.broken.push(`${what} ${digest} in ${name}`);
  }

  #one<T>(items: readonly T[]): T {
    return items[this.#below(items.length)] as T;
  }

  /** A whole number from 0, below `limit`. */
  #below(limit: number): number {
    return this.#random.between(0, limit - 1);
  }
}

function keyOf({ name }: StoredRepository, { digest }: Descriptor): string {
  return `${name} ${digest}`;
}

/** Another client was faster. */
async function unlessUnknown(deletion: Promise<void>): Promise<void> {
  await deletion.catch((error: unknown) => {
    if (!(error instanceof StorageError) || !error.code.endsWith('_UNKNOWN')) throw error;
  });
}
