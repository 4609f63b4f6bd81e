import { readFileSync, statSync } from 'node:fs';
import type { Clock } from '../delivery/clock.js';
import type { EndpointTlsOptions } from '../notifications.options.js';
import { readTlsMaterial, tlsFilesOf, type TlsFault, type TlsMaterial } from './tls-material.js';

/** How long in ms files are taken to be what they were when they were last looked at. */
const LOOK_AGAIN_MS = 10_000;

export const readPem = (path: string): string => readFileSync(path, 'utf8');

/**
 * Certificates and a key that may lie in files, and are read again when these change. What cannot be used changes nothing: a certificate
 * whose key is not there yet is looked at again, and until then the pair that was read before stays.
 */
export class TlsFiles {
  readonly #files: readonly string[];
  #material: TlsMaterial | undefined;
  #state: string | undefined;
  #refused: string | undefined;
  #lookAtMs = -Infinity;

  /** @param announce told once of each state of the files that cannot be used */
  constructor(
    private readonly tls: EndpointTlsOptions,
    private readonly clock: Clock,
    private readonly announce: (faults: readonly TlsFault[]) => void,
  ) {
    this.#files = tlsFilesOf(tls);
  }

  /** The same object for as long as nothing changed; `undefined` when nothing that can be used was ever there. */
  get current(): TlsMaterial | undefined {
    const nowMs = this.clock.monotonic();
    if (nowMs >= this.#lookAtMs) {
      this.#lookAtMs = this.#files.length === 0 ? Infinity : nowMs + LOOK_AGAIN_MS;
      this.#look();
    }
    return this.#material;
  }

  #look(): void {
    const state = this.#files.map(stateOf).join(' ');
    if (state === this.#state) return;
    const reading = readTlsMaterial(this.tls, readPem);
    if (reading.ok) {
      this.#state = state;
      this.#material = reading.material;
      return;
    }
    if (this.#refused !== state) this.announce(reading.faults);
    this.#refused = state;
  }
}

/** Another text when the file is another one, or gone. */
function stateOf(path: string): string {
  try {
    const { ino, size, mtimeMs } = statSync(path);
    return `${ino}:${size}:${mtimeMs}`;
  } catch {
    return 'none';
  }
}
