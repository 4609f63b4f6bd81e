/** Times in ms that stages of a request may take, within the endpoint's `timeoutMs`. */
export interface TimeoutOptions {
  /** To resolve the name, connect, and finish the TLS handshake. Default 10,000, and never more than the whole. */
  readonly connectMs?: number;
  /** From the connection being there to the first byte of the answer. Default: as long as the whole. */
  readonly firstByteMs?: number;
}

/** How requests travel to an endpoint. */
export interface HttpOptions {
  readonly timeouts?: TimeoutOptions;
}
