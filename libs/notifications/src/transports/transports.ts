import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { EventEmitter2, EventEmitterReadinessWatcher } from '@nestjs/event-emitter';
import { Clock } from '../delivery/clock.js';
import { EndpointClients } from '../http/endpoint-client.js';
import type { CustomSettings, EmitterSettings, EndpointSettings } from '../sinks/endpoint-settings.js';
import { NotificationsError } from '../notifications.error.js';
import { EmitterTransport } from './emitter-transport.js';
import { FileTransport } from './file-transport.js';
import { GuardedTransport } from './guarded-transport.js';
import { LineFile } from './line-file.js';
import { OutputTransport } from './output-transport.js';
import { SharedEncodings } from './shared-encodings.js';
import { SinkTransport } from './sink-transport.js';
import type { Transport } from './transport.js';
import { WebhookTransport } from './webhook-transport.js';

/** Makes the transport of each endpoint, by its type. */
@Injectable()
export class Transports {
  readonly #shared = new SharedEncodings();

  constructor(
    private readonly clients: EndpointClients,
    private readonly clock: Clock,
    private readonly modules: ModuleRef,
  ) {}

  /** Whether the application has what the endpoint names. @throws NotificationsError `OPTIONS_INVALID` */
  check(settings: EndpointSettings): void {
    if (settings.type === 'custom') this.#custom(settings);
  }

  /** @throws NotificationsError `OPTIONS_INVALID` when the application lacks what the endpoint names */
  open(settings: EndpointSettings): Transport {
    switch (settings.type) {
      case 'webhook':
        return new WebhookTransport(settings.format, this.clients.create(settings), this.#shared);
      case 'file':
        return new FileTransport(new LineFile(settings.path, settings.fsync), settings);
      case 'stdout':
        return new OutputTransport(process.stdout, settings);
      case 'emitter':
        return this.#guarded(this.#emitter(settings), settings, 'handler');
      default:
        return this.#guarded(this.#custom(settings), settings, 'transport');
    }
  }

  #guarded(
    inner: SinkTransport,
    { timeoutMs }: EndpointSettings,
    fault: 'handler' | 'transport',
  ): GuardedTransport {
    return new GuardedTransport(inner, { clock: this.clock, timeoutMs, fault });
  }

  #emitter({ name }: EmitterSettings): EmitterTransport {
    const emitter: EventEmitter2 = this.modules.get(EventEmitter2, { strict: false });
    const readiness = this.modules.get(EventEmitterReadinessWatcher, { strict: false });
    return new EmitterTransport(name, emitter, readiness);
  }

  #custom({ name, transport }: CustomSettings): SinkTransport {
    try {
      const provider: unknown = this.modules.get(transport, { strict: false });
      if (provider instanceof SinkTransport) return provider;
    } catch {
      // Told below: Nest's own error tells of this library's inside.
    }
    throw new NotificationsError(
      'OPTIONS_INVALID',
      `the transport of endpoint ${name} must be the token of a provider of the application that extends SinkTransport`,
    );
  }
}
