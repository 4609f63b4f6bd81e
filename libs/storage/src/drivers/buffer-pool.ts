/** Large buffers that are used again: allocating and zeroing a megabyte for each piece costs more than reading it. */
export class BufferPool {
  readonly #free: Buffer[] = [];

  /** @param maxFree how many buffers are kept when nobody uses them */
  constructor(
    readonly sizeBytes: number,
    private readonly maxFree: number,
  ) {}

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.sizeBytes);
  }

  give(buffer: Buffer): void {
    if (this.#free.length < this.maxFree) this.#free.push(buffer);
  }
}
