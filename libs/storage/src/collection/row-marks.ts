/** Rows of one block: with 4 KiB a block, a registry of a million manifests takes 128 KiB. */
const BLOCK_ROWS = 32_768;

/** A set of row numbers: one bit each, wherever the numbers lie. */
export class RowMarks {
  readonly #blocks = new Map<number, Uint32Array>();

  has(row: number): boolean {
    const word = this.#blocks.get(Math.floor(row / BLOCK_ROWS))?.[(row % BLOCK_ROWS) >>> 5] ?? 0;
    return (word & (1 << (row & 31))) !== 0;
  }

  /** False when it was marked before. */
  add(row: number): boolean {
    if (this.has(row)) return false;
    const key = Math.floor(row / BLOCK_ROWS);
    let block = this.#blocks.get(key);
    if (block === undefined) {
      block = new Uint32Array(BLOCK_ROWS / 32);
      this.#blocks.set(key, block);
    }
    const index = (row % BLOCK_ROWS) >>> 5;
    block[index] = (block[index] ?? 0) | (1 << (row & 31));
    return true;
  }
}
