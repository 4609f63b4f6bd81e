import type { Format } from '../event/format.js';
import type { Envelope } from './transport.js';

/** How events are written as lines. */
export interface LineSettings {
  readonly format: Format;
  /** Bytes that a line may have, without its end. */
  readonly maxLineBytes: number;
}

/**
 * Newline-delimited JSON: an event a line, as the format has it. Undefined when one of them would be longer than a line may be. A test of
 * a format that cannot carry it is no line at all.
 */
export function linesOf(envelope: Envelope, { format, maxLineBytes }: LineSettings): string | undefined {
  const { records, sequences, replay, test } = envelope;
  if (test === true && !records.every((record) => format.carries(record))) return '';
  const lines = records.map((record, index) =>
    format.element(record, { sequence: sequences[index], replay }),
  );
  if (lines.some((line) => Buffer.byteLength(line) > maxLineBytes)) return undefined;
  return lines.map((line) => `${line}\n`).join('');
}
