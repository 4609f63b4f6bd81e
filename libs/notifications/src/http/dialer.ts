import type { Agent, AgentOptions } from 'node:http';
import { isIP, Socket } from 'node:net';

/** Called once, with the connection or with why there is none. */
export type Dialled = (error: Error | null, socket: Socket | null) => void;

/** A connection that is being made. */
export interface Dialling {
  /** It stands or falls with a proxy just now, and not with the endpoint. */
  readonly atProxy: boolean;
  /** Gives it up: nothing is called back any more. */
  cancel(): void;
}

/** Makes connections of one kind to one place. */
export interface Dialer {
  /** Whom requests over these connections are addressed to: scheme, host and port. */
  readonly origin: string;
  dial(done: Dialled): Dialling;
}

/** Where a connection leads. */
export interface Place {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
}

/** Where the host of a URL is. */
export function placeOf({ protocol, hostname, port }: URL): Place {
  const secure = protocol === 'https:';
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port) || (secure ? 443 : 80), secure };
}

/** Straight to the endpoint, as an agent makes connections, whatever it checks and sets on the way. */
export class DirectDialer implements Dialer {
  constructor(
    readonly origin: string,
    private readonly agent: Agent,
    private readonly place: Place,
  ) {}

  dial(done: Dialled): Dialling {
    return { atProxy: false, cancel: dialThrough(this.agent, this.place, done) };
  }
}

/** Node's agents have their options, and its types do not say so. */
type ConfiguredAgent = Agent & { readonly options: AgentOptions };

/**
 * Has an agent make a connection, which is there when TLS is, if there is to be TLS.
 *
 * @param over a connection to make TLS over, instead of a new one
 * @returns what gives it up
 */
export function dialThrough(
  agent: Agent,
  { host, port, secure }: Place,
  done: Dialled,
  over?: Socket,
): () => void {
  const { options } = agent as ConfiguredAgent;
  const target = {
    ...options,
    host,
    port,
    ...(secure && isIP(host) === 0 && !('servername' in options) && { servername: host }),
    ...(over && { socket: over }),
  };
  const fail = (error: Error) => done(error, null);
  const socket = agent.createConnection(target, (error) => error instanceof Error && fail(error));
  if (!(socket instanceof Socket)) return () => undefined;
  socket.once('error', fail);
  socket.once(secure ? 'secureConnect' : 'connect', () => {
    socket.off('error', fail);
    done(null, socket);
  });
  return () => socket.destroy();
}
