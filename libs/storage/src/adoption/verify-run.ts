import type { Database } from '@herald/database';
import { VolumeFiles, type Fault } from './volume-files.js';
import { volumeOf } from './volume-layout.js';

/** Something that is not as its row says. */
export interface VerifyFault {
  readonly kind: 'missing' | 'wrong';
  readonly what: 'blob' | 'manifest' | 'tag' | 'layer';
  /** A digest; behind the name of a repository where it is about one. */
  readonly name: string;
  readonly reason: string;
}

/** A blob's file that no row knows. The path is relative to `docker/registry/v2`. */
export interface Stray {
  readonly path: string;
  readonly sizeBytes: number;
}

/** What was looked at, and found. */
export interface VerifyCounts {
  blobs: number;
  blobBytes: number;
  manifests: number;
  faults: number;
  strays: number;
  strayBytes: number;
  removedStrays: number;
}

export interface VerifyOptions {
  /** Remove the files that no row knows. */
  readonly removeStrays: boolean;
  readonly onFault?: (fault: VerifyFault) => void;
  readonly onStray?: (stray: Stray) => void;
  /** Called after each content. */
  readonly onProgress?: (counts: Readonly<VerifyCounts>) => void;
}

/** What a verification works with, and what it has found. */
export class VerifyRun {
  readonly counts: VerifyCounts = {
    blobs: 0,
    blobBytes: 0,
    manifests: 0,
    faults: 0,
    strays: 0,
    strayBytes: 0,
    removedStrays: 0,
  };
  readonly volume: string;
  readonly files: VolumeFiles;

  constructor(
    readonly database: Database,
    readonly rootDirectory: string,
    private readonly options: VerifyOptions,
  ) {
    this.volume = volumeOf(rootDirectory);
    this.files = new VolumeFiles(this.volume);
  }

  fault(fault: VerifyFault): void {
    this.counts.faults += 1;
    this.options.onFault?.(fault);
  }

  /** Tells of a file that is not there or cannot be used. */
  blobFault(digest: string, found: Fault): void {
    if (found.is === 'absent')
      this.fault({ kind: 'missing', what: 'blob', name: digest, reason: 'its file is not there' });
    else this.fault({ kind: 'wrong', what: 'blob', name: digest, reason: found.reason });
  }

  stray(stray: Stray): void {
    this.counts.strays += 1;
    this.counts.strayBytes += stray.sizeBytes;
    this.options.onStray?.(stray);
  }

  progress(): void {
    this.options.onProgress?.(this.counts);
  }
}
