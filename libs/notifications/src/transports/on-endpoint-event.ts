import { OnEvent } from '@nestjs/event-emitter';

/** An event as a handler in the process gets it. */
export interface EndpointEvent {
  /** The same however often it comes: what was done under it need not be done again. */
  readonly id: string;
  readonly type: string;
  readonly lane: string;
  readonly timeMs: number;
  readonly data: unknown;
  /** What Distribution's envelope cannot say, of events of a registry. */
  readonly detail?: unknown;
  /** UUID of the log. */
  readonly log: string;
  /** The endpoint's own number of it, without gaps; absent for what is sent again outside the order. */
  readonly sequence?: number;
  /** The job that sends it again. */
  readonly replay?: string;
  /** Aborted when nobody waits for the handler any more: the event comes again. */
  readonly signal: AbortSignal;
}

/** The name by which an endpoint's events go over the application's emitter. */
export function endpointEventName(endpoint: string): string {
  return `herald.endpoint.${endpoint}`;
}

/**
 * The method handles the events of an endpoint of the type `emitter`: at least once each, in the order of their lanes, over any restart.
 * While it throws, the event comes again and the lane waits. Of several handlers of one endpoint each gets an event again when one throws.
 *
 * ```ts
 * @OnEndpointEvent('billing')
 * async charge({ id, data }: EndpointEvent): Promise<void> { … }
 * ```
 */
export function OnEndpointEvent(endpoint: string) {
  return <H extends (event: EndpointEvent) => unknown>(
    prototype: object,
    name: string | symbol,
    method: TypedPropertyDescriptor<H>,
  ): void => {
    OnEvent(endpointEventName(endpoint), { suppressErrors: false })(prototype, name, method);
  };
}
