import type { Descriptor, Manifest } from './descriptor.js';
import type { Tag } from './tag.js';

/**
 * What became of a read, told by whoever sent the content. Only the sender knows it: whether the last byte was handed to the operating
 * system with the connection open is nothing that the storage can see.
 */
export interface Served {
  readonly content:
    | { readonly kind: 'manifest'; readonly manifest: Manifest; readonly tag?: Tag }
    | { readonly kind: 'blob'; readonly blob: Descriptor };
  readonly method: 'GET' | 'HEAD';
  /** Status that was answered: 200, 206, 304, 416. */
  readonly status: number;
  /** Bytes of the content that were handed to the operating system. */
  readonly bytesSent: number;
  readonly durationMs: number;
  /** The answer was sent to its end, and its last byte is the content's last byte. */
  readonly toTheEnd: boolean;
  /** The client went away before the answer was sent to its end. */
  readonly aborted: boolean;
}
