import { WriteBatch, type Database } from '@herald/database';
import { commitChange } from '../metadata/commit-change.js';
import type { Digest } from '../repository/digest.js';
import { VolumeFiles } from './volume-files.js';
import { volumeOf } from './volume-layout.js';
import { NoWay, VolumeWriter } from './volume-writer.js';

/** What an export did. */
export interface ExportCounts {
  /** Files that were written for contents that are rows here. */
  contents: number;
  /** Links that were written or changed. */
  links: number;
  /** What was as it should be. */
  unchanged: number;
  /** Links of what was deleted here. */
  removed: number;
}

/** A file that is not what it should be and was left alone. The path is relative to `docker/registry/v2`. */
export interface ExportConflict {
  readonly path: string;
  readonly reason: string;
}

/** What an export works with, and what it has done. */
export class ExportRun {
  readonly counts: ExportCounts = { contents: 0, links: 0, unchanged: 0, removed: 0 };
  readonly files: VolumeFiles;
  readonly writer: VolumeWriter;
  #batch = new WriteBatch();

  constructor(
    readonly database: Database,
    rootDirectory: string,
    private readonly onProgress: (counts: Readonly<ExportCounts>) => void,
    private readonly onConflict: (conflict: ExportConflict) => void,
  ) {
    this.files = new VolumeFiles(volumeOf(rootDirectory));
    this.writer = new VolumeWriter(rootDirectory);
  }

  /** What is committed when the page's names are durable. */
  get batch(): WriteBatch {
    return this.#batch;
  }

  conflict(path: string, reason: string): void {
    this.onConflict({ path, reason });
  }

  /**
   * Makes a file of a content, unless it is there. One that holds something else is left alone.
   *
   * @param durable whether a file that is there is known to be durable
   * @returns whether the file holds the content
   */
  async content(path: string, bytes: Uint8Array, durable: boolean): Promise<boolean> {
    const found = await this.files.holds(path, bytes);
    switch (found.is) {
      case 'absent':
        if (!(await this.#write(path, bytes))) return false;
        this.counts.contents += 1;
        return true;
      case 'fault':
        this.conflict(path, found.reason);
        return false;
      default:
        if (!durable) this.writer.touch(path);
        this.counts.unchanged += 1;
        return true;
    }
  }

  /**
   * Makes a link say what it should. One that says what it said when it was last read or written here is changed; one that was changed
   * by others since is left alone, because nobody has read it yet.
   */
  async link(path: string, digest: Digest, known: Digest | undefined): Promise<void> {
    const found = await this.files.text(path);
    if (found.is === 'fault') return this.conflict(path, found.reason);
    if (found.is === 'read' && found.value === digest) {
      this.counts.unchanged += 1;
      if (known === digest) return undefined;
      this.writer.touch(path);
    } else if (found.is === 'read' && found.value !== known) {
      return this.conflict(path, 'it was changed since the last import: run herald import first');
    } else {
      if (!(await this.#write(path, digest))) return undefined;
      this.counts.links += 1;
    }
    this.know(path, digest);
    return undefined;
  }

  /** Makes sure that the history of a tag has what it names. */
  async history(path: string, digest: Digest): Promise<void> {
    const found = await this.files.text(path);
    if (found.is === 'fault') this.conflict(path, found.reason);
    else if (found.is === 'read' && found.value === digest) this.writer.touch(path);
    else await this.#write(path, digest);
  }

  know(path: string, digest: Digest): void {
    this.#batch.run(
      'INSERT INTO known_links (path, digest) VALUES (?, ?) ON CONFLICT (path) DO UPDATE SET digest = excluded.digest',
      [path, digest],
    );
  }

  /** Ends a page: first its files become durable, then what is known of them. */
  async settle(): Promise<void> {
    await this.writer.settle();
    const batch = this.#batch;
    this.#batch = new WriteBatch();
    if (batch.steps.length > 0) await commitChange(this.database, async () => batch);
    this.onProgress(this.counts);
  }

  async #write(path: string, bytes: Uint8Array | string): Promise<boolean> {
    try {
      await this.writer.write(path, bytes);
      return true;
    } catch (error) {
      if (!(error instanceof NoWay)) throw error;
      this.conflict(path, `${error.path} is not a directory, and symbolic links are not followed`);
      return false;
    }
  }
}
