const UNITS = ['KiB', 'MiB', 'GiB', 'TiB'] as const;

/** Bytes for people: `1536` is `1.5 KiB`. */
export function bytes(count: number): string {
  let amount = count;
  let unit = 'bytes';
  for (const next of UNITS) {
    if (amount < 1_024) break;
    amount /= 1_024;
    unit = next;
  }
  return `${unit === 'bytes' ? amount : amount.toFixed(1)} ${unit}`;
}
