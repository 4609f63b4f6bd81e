import type { Beginning } from '../event-log/reconcile-endpoints.js';

/** Tells operators where a new endpoint begins, and why that is not where it was to begin. @param first the sequence that it begins with */
export function beginningLine(name: string, from: Exclude<Beginning, 'now'>, first: number): string {
  const line = `endpoint ${name} is new: it begins with event ${first} of the log`;
  if (from === 'oldest' || from === first) return line;
  return `${line}, and not with ${from}: ${first > from ? 'what was before is there no more' : 'the log has not come so far'}`;
}
