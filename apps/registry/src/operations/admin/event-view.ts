import type { LogRecord } from '@herald/notifications';

/** An event as the admin API shows it. */
export interface EventView {
  readonly sequence: number;
  readonly id: string;
  readonly type: string;
  readonly lane: string;
  /** RFC 3339, in UTC. */
  readonly time: string;
  /** What endpoints are sent of it in Distribution's envelope, or the application's data. */
  readonly data: unknown;
  /** What that envelope cannot say. */
  readonly detail?: unknown;
}

export function eventView({ sequence, id, type, lane, timeMs, data, detail }: LogRecord): EventView {
  return {
    sequence,
    id,
    type,
    lane,
    time: new Date(timeMs).toISOString(),
    data: JSON.parse(data) as unknown,
    ...(detail !== undefined && { detail: JSON.parse(detail) as unknown }),
  };
}
