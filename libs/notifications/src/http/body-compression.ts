import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';

/** Smaller bodies fit a packet or two as they are. */
const MIN_BYTES = 1_024;

/** Events repeat themselves so much that the fastest level saves nearly as much as any, at half the time and less. */
const OPTIONS = { level: constants.Z_BEST_SPEED } as const;

const pack = promisify(gzip);

/** Packs the bodies of requests to one endpoint, for as long as it takes them packed. The work is done by a thread of the pool. */
export class BodyCompression {
  #refused = false;

  /** The body packed; undefined when it is to be sent as it is. */
  async packed(body: Buffer): Promise<Buffer | undefined> {
    if (this.#refused || body.length < MIN_BYTES) return undefined;
    const packed = await pack(body, OPTIONS);
    return packed.length < body.length ? packed : undefined;
  }

  /** The endpoint takes no packed bodies (RFC 9110 §15.5.16): there are none any more. True the first time. */
  refuse(): boolean {
    const first = !this.#refused;
    this.#refused = true;
    return first;
  }
}
