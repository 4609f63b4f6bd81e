/** One request and its answer. */
export interface AccessEntry {
  readonly requestId: string;
  /** The other end of the connection: what a proxy says of it is not believed here. */
  readonly address: string;
  readonly time: Date;
  readonly method: string;
  readonly path: string;
  readonly httpVersion: string;
  readonly status: number;
  /** Undefined for an answer that was cut off. */
  readonly sentBytes: number | undefined;
  readonly referrer: string;
  readonly userAgent: string;
  readonly durationMs: number;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** Apache's combined log format, with the request's id behind it. */
export function combinedLine(entry: AccessEntry): string {
  const { address, time, method, path, httpVersion, status, sentBytes = '-', requestId } = entry;
  const request = `${method} ${escaped(path)} HTTP/${httpVersion}`;
  const client = `"${escaped(entry.referrer)}" "${escaped(entry.userAgent)}"`;
  return `${address} - - [${clfTime(time)}] "${request}" ${status} ${sentBytes} ${client} "${requestId}"\n`;
}

/** `21/Nov/2026:02:53:44 +0000`. */
function clfTime(time: Date): string {
  const iso = time.toISOString();
  return `${iso.slice(8, 10)}/${MONTHS[time.getUTCMonth()] ?? ''}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
}

/** What a client wrote can end neither its quotes nor the line. */
function escaped(text: string): string {
  return text.replaceAll(
    /[^ !#-[\]-~]/g,
    (character) => `\\x${(character.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`,
  );
}
