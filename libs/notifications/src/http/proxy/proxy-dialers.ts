import type { Agent } from 'node:http';
import type { Socket } from 'node:net';
import { dialThrough, placeOf, type Dialer, type Dialled, type Dialling, type Place } from '../dialer.js';
import { faultOf } from '../fault.js';
import { openTunnel } from './proxy-tunnel.js';
import { ProxyError, type ProxyFault } from './proxy.error.js';
import type { Proxy } from './proxy.js';

/** To a proxy that forwards requests: those to http URLs. */
export class ForwardDialer implements Dialer {
  readonly origin: string;

  constructor(
    private readonly proxy: Proxy,
    private readonly agent: Agent,
  ) {
    this.origin = proxy.url.origin;
  }

  dial(done: Dialled): Dialling {
    return { atProxy: true, cancel: dialProxy(this.proxy, this.agent, done) };
  }
}

/** How connections through a proxy are made. */
export interface TunnelTools {
  /** To the proxy. */
  readonly proxyAgent: Agent;
  /** TLS to the endpoint, over a connection that is there. */
  readonly agent: Agent;
  readonly userAgent: string;
}

/** Through a proxy, by CONNECT (RFC 9110 §9.3.6), with TLS to the endpoint inside: the proxy sees a host and a port, and no more. */
export class TunnelDialer implements Dialer {
  constructor(
    readonly origin: string,
    private readonly place: Place,
    private readonly proxy: Proxy,
    private readonly tools: TunnelTools,
  ) {}

  dial(done: Dialled): Dialling {
    const { proxy, place, tools } = this;
    let atProxy = true;
    const step = { cancel: dialProxy(proxy, tools.proxyAgent, (error, socket) => tunnel(error, socket)) };
    const tunnel = (error: Error | null, socket: Socket | null): void => {
      if (socket === null) return done(error, null);
      step.cancel = openTunnel(socket, place, { proxy, userAgent: tools.userAgent }, (refused) => {
        if (refused !== undefined) return done(refused, null);
        atProxy = false;
        step.cancel = dialThrough(tools.agent, place, done, socket);
      });
    };
    return {
      get atProxy() {
        return atProxy;
      },
      cancel: () => step.cancel(),
    };
  }
}

/** Nowhere: what should name the proxy does not, and a way around it is not what was wanted. */
export class NoDialer implements Dialer {
  constructor(readonly origin: string) {}

  dial(done: Dialled): Dialling {
    process.nextTick(() => done(new ProxyError('settings'), null));
    return { atProxy: true, cancel: () => undefined };
  }
}

function dialProxy({ url }: Proxy, agent: Agent, done: Dialled): () => void {
  return dialThrough(agent, placeOf(url), (error, socket) =>
    done(error === null ? null : new ProxyError(proxyFaultOf(error)), socket),
  );
}

function proxyFaultOf(error: Error): ProxyFault {
  const fault = faultOf(error);
  if (fault === 'dns' || fault === 'tls' || fault === 'address') return fault;
  return fault === 'connect-timeout' ? 'timeout' : 'connect';
}
