/** Times in ms that stages of a request may take, within the endpoint's `timeoutMs`. */
export interface TimeoutOptions {
  /** To resolve the name, connect (through a proxy, if there is one), and finish the TLS handshake. Default 10,000, and never more than the whole. */
  readonly connectMs?: number;
  /** From the connection being there to the first byte of the answer. Default: as long as the whole. */
  readonly firstByteMs?: number;
}

/** How requests travel to an endpoint. */
export interface HttpOptions {
  readonly timeouts?: TimeoutOptions;
  /**
   * `gzip`: bodies of 1 KiB and more are packed, where that makes them smaller. What is signed is the body before. An endpoint that
   * answers 415 gets them as they are from then on. Default `none`.
   */
  readonly compression?: 'none' | 'gzip';
  /**
   * URL of a proxy (http or https, with credentials if it wants some), or `environment` for the one that `HTTPS_PROXY`, `HTTP_PROXY` and
   * `NO_PROXY` name, or `none` (default). Where there is one, `addresses` is about the proxy's address alone.
   */
  readonly proxy?: string;
  /** Asks the endpoint by OPTIONS whether it agrees, before anything is sent: CloudEvents' webhook validation. Default: not asked. */
  readonly handshake?: HandshakeOptions;
}

/** Who asks an endpoint for its agreement. */
export interface HandshakeOptions {
  /** DNS name by which the sender is known. */
  readonly origin: string;
}
