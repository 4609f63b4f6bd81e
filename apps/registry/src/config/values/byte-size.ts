const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

/** Reads `16KiB`, `64KB`, `1.5MiB` or a plain number of bytes. Undefined when it is no whole number of bytes from 0 up. */
export function parseByteSize(value: string | number): number | undefined {
  const [, amount, unit] = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i.exec(String(value)) ?? [];
  const factor = UNITS[unit?.toLowerCase() ?? 'none'];
  const sizeBytes = amount === undefined || factor === undefined ? Number.NaN : Number(amount) * factor;
  return Number.isSafeInteger(sizeBytes) ? sizeBytes : undefined;
}
