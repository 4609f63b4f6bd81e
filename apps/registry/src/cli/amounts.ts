const UNITS = ['KiB', 'MiB', 'GiB', 'TiB'] as const;

/** Bytes for people: `1536` is `1.5 KiB`. */
export function bytes(count: number): string {
  let amount = count;
  let unit: string | undefined;
  for (const next of UNITS) {
    if (amount < 1_024) break;
    amount /= 1_024;
    unit = next;
  }
  return unit === undefined ? counted(count, 'byte') : `${amount.toFixed(1)} ${unit}`;
}

/** A number and what it counts, for people: `1 blob`, `2 blobs`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
