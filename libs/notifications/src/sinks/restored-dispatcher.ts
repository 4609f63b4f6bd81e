import type { Pacer } from '../delivery/pacer.js';
import { Dispatcher } from '../delivery/dispatcher.js';
import { Lanes } from '../delivery/lanes.js';
import type { EndpointProgress } from '../event-log/endpoint-rows.js';
import type { DeliverySettings } from './endpoint-settings.js';
import { restoredExceptions, toMonotonic } from './wall-times.js';

/** A dispatcher that goes on where the last one of the endpoint stood when its progress was stored. */
export function restoredDispatcher(
  settings: DeliverySettings,
  pacer: Pacer,
  { position, exceptions, retired, paused, notBeforeMs }: EndpointProgress,
): Dispatcher {
  const { clock } = pacer;
  const nowMs = clock.monotonic();
  const dispatcher = new Dispatcher(
    new Lanes(position, restoredExceptions(exceptions, settings, clock)),
    { ...settings, quickMs: settings.timeoutMs / 2 },
    pacer.schedules(settings),
    retired,
    nowMs,
  );
  if (paused) dispatcher.pause(nowMs);
  dispatcher.breaker.hold(toMonotonic(notBeforeMs, settings.maxRetryAfterMs, clock));
  return dispatcher;
}
