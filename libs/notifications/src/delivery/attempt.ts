import type { ProxyFault } from '../http/proxy/proxy.error.js';

/** What went wrong with an attempt that got no answer, as far as an operator needs to know. */
export type Fault =
  | 'dns'
  /** No connection could be made, or it was lost, or what came over it was not HTTP. */
  | 'connect'
  | 'tls'
  /** No connection was made in time. */
  | 'connect-timeout'
  /** The request was sent, and not a byte of an answer came in time. */
  | 'first-byte-timeout'
  /** The answer began, and its headers were not there at the deadline. */
  | 'timeout'
  /** The endpoint has no address that may be connected to. */
  | 'address'
  /** The proxy before the endpoint fails, and not the endpoint. */
  | 'proxy'
  /** The endpoint has not agreed to be sent anything. */
  | 'handshake'
  /** The event could not be encoded: nothing was sent. */
  | 'encode'
  /** A file or an output could not be written. */
  | 'file'
  /** A handler in this process threw, or there is none. */
  | 'handler'
  /** A transport of the application's own threw. */
  | 'transport';

/** Why the rest of an answer's body was not read: it was larger than is read, came too slowly, or the connection broke. */
export type Cut = 'size' | 'time' | 'lost';

/** The endpoint's answer to a request. */
export interface Answer {
  readonly kind: 'answered';
  readonly status: number;
  readonly retryAfter?: string;
  /** First bytes of the body, with the endpoint's secrets removed. */
  readonly text: string;
  /** What came of the body that was not read to its end. The status counts all the same. */
  readonly cut?: Cut;
}

/** No answer came. */
export interface Unanswered {
  readonly kind: 'unanswered';
  readonly fault: Fault;
  /** False when the connection was never made: no event can be the cause then. */
  readonly sent: boolean;
  /** True when the connection had been kept from an earlier request, and was closed as this one was sent: that can always happen. */
  readonly stale: boolean;
  /** What the proxy did, where `fault` is `proxy`. */
  readonly proxy?: ProxyFault;
}

/**
 * How one attempt ended. `taken`: by an endpoint that has no statuses to answer with. `abandoned`: the process stops, and what the
 * endpoint did is not known.
 */
export type AttemptResult = Answer | Unanswered | { readonly kind: 'taken' } | { readonly kind: 'abandoned' };
