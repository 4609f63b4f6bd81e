import type { Dispatcher } from '../delivery/dispatcher.js';
import type { EndpointState } from '../event-log/endpoint-rows.js';
import type { AttemptCounts, EndpointMetricsSnapshot } from '../metrics/endpoint-metrics.js';
import type { EndpointBacklog } from './endpoint-backlog.js';
import type { EndpointReader } from './endpoint-reader.js';

/** What a delivery consists of, as far as its figures are concerned. */
export interface Figures {
  readonly dispatcher: Dispatcher;
  readonly reader: EndpointReader;
  readonly backlog: EndpointBacklog;
  readonly counts: AttemptCounts;
  readonly paused: boolean;
}

/** How an endpoint fares. Of one that was cut off nothing is pending: what it has not got is dead, counted in the letter yet or not. */
export function snapshotOf(figures: Figures): EndpointMetricsSnapshot {
  const { dispatcher, reader, backlog, counts } = figures;
  const { lanes, breaker } = dispatcher;
  const { pending } = backlog;
  const cutOff = backlog.cutOff !== undefined;
  const oldestPendingAtMs = cutOff ? undefined : (lanes.oldestTimeMs ?? reader.oldestUnreadMs);
  return {
    Events: reader.census.wanted,
    Pending: cutOff ? 0 : pending,
    Successes: lanes.rows.delivered,
    ...counts.snapshot,
    deadLetters: lanes.rows.dead + (cutOff ? pending : 0),
    ...(oldestPendingAtMs === undefined ? {} : { oldestPendingAtMs }),
    cursor: lanes.cursor,
    breaker: breaker.name,
    envelopeSize: dispatcher.envelopeSize,
    state: stateOf(figures),
    backlog: backlog.view,
  };
}

function stateOf({ backlog, dispatcher, paused }: Figures): EndpointState {
  if (backlog.cutOff !== undefined) return backlog.cutOff;
  if (dispatcher.admission.retired) return 'retired';
  return paused ? 'paused' : 'active';
}
