import { afterEach, beforeEach } from 'vitest';
import { SystemClock } from '../src/delivery/clock.js';
import { HostResolver, SystemHostResolver } from '../src/http/addresses/host-resolver.js';
import { deliveryHttp } from '../src/http/delivery-http.js';
import { type EndpointClient, EndpointClients } from '../src/http/endpoint-client.js';
import type { WebhookOptions } from '../src/notifications.options.js';
import { endpointSettings } from '../src/sinks/endpoint-settings.js';
import { Receiver } from './receiver.js';

/** A receiver, and clients of endpoints that are there unless a test says otherwise. */
export interface ClientBench {
  readonly receiver: Receiver;
  client(options?: Partial<WebhookOptions>, resolver?: HostResolver): EndpointClient;
}

/** For each test of the suite, which it closes and stops. */
export function useClients(): ClientBench {
  let receiver: Receiver | undefined;
  const clients: EndpointClient[] = [];
  beforeEach(async () => {
    receiver = await Receiver.start();
  });
  afterEach(async () => {
    for (const each of clients.splice(0)) each.close();
    await receiver?.stop();
  });
  const running = (): Receiver => {
    if (receiver === undefined) throw new Error('only within a test');
    return receiver;
  };
  return {
    get receiver() {
      return running();
    },
    client(options = {}, resolver = new SystemHostResolver()) {
      const settings = endpointSettings(
        { name: 'test', url: running().url, timeoutMs: 5_000, ...options },
        'Herald/test',
      );
      const made = new EndpointClients(deliveryHttp(), new SystemClock(), resolver).create(settings);
      clients.push(made);
      return made;
    },
  };
}
