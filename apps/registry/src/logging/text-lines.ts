import type { DestinationStream } from 'pino';

/** Turns pino's lines into upstream's text form: `time="…" level=info msg="…" key=value`. */
export function textLines(output: DestinationStream): DestinationStream {
  return {
    write(line: string): void {
      output.write(`${asText(JSON.parse(line) as Record<string, unknown>)}\n`);
    },
  };
}

function asText({ time, level, msg, ...fields }: Record<string, unknown>): string {
  const sorted = Object.entries(fields).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const own = { time, level, ...(msg !== undefined && { msg }) };
  return [...Object.entries(own), ...sorted].map(([key, value]) => `${key}=${quoted(value)}`).join(' ');
}

/** Quoted unless it is plain, by the rule of upstream's formatter (logrus). */
function quoted(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[a-zA-Z0-9_./@^+-]*$/.test(text) ? text : JSON.stringify(text);
}
