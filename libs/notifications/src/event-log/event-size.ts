import type { EventDraft } from './log-record.js';

/** Bytes of an event in the log, as every limit counts them: what it says, without the row's own overhead. */
export function eventBytes({ data, detail }: Pick<EventDraft, 'data' | 'detail'>): number {
  return Buffer.byteLength(data) + (detail === undefined ? 0 : Buffer.byteLength(detail));
}
