import { hostname } from 'node:os';
import { Injectable, Module } from '@nestjs/common';
import { EventEmitterModule } from '@nestjs/event-emitter';
import { Test } from '@nestjs/testing';
import { parseDigest, parseRepositoryName } from '@herald/storage';
import { describe, expect, it } from 'vitest';
import { Clock, SystemClock } from '../delivery/clock.js';
import { EventIds, UuidEventIds } from '../event-log/event-ids.js';
import { EventLog } from '../event-log/event-log.js';
import { EventBridge } from './bridge.js';
import { EventOrigin, type Origin } from './event-origin.js';
import { NotificationsListener } from './notifications-listener.js';
import { RegistryNotificationsModule } from './registry-notifications.module.js';
import type { RegistryNotificationsOptions } from './registry-notifications.options.js';

const origin: Origin = { request: { id: '', method: 'PUT', useragent: '' }, actor: {}, urlBase: '' };

@Injectable()
class FixedOrigin extends EventOrigin {
  override current(): Origin {
    return origin;
  }
}

@Module({
  providers: [
    { provide: EventOrigin, useClass: FixedOrigin },
    { provide: EventLog, useValue: {} },
    { provide: Clock, useClass: SystemClock },
    { provide: EventIds, useClass: UuidEventIds },
  ],
  exports: [EventOrigin, EventLog, Clock, EventIds],
})
class SurroundingsModule {}

const start = (options: RegistryNotificationsOptions) =>
  Test.createTestingModule({
    imports: [
      EventEmitterModule.forRoot(),
      RegistryNotificationsModule.forRoot({ ...options, modules: [SurroundingsModule] }),
    ],
  }).compile();

const sourceOf = (bridge: EventBridge) => {
  const change = {
    kind: 'blob-deleted',
    repository: parseRepositoryName('a'),
    blob: { mediaType: 'm', digest: parseDigest(`sha256:${'1'.repeat(64)}`), sizeBytes: 1 },
  } as const;
  return bridge.changed(change, origin)[0]?.event.source;
};

describe('RegistryNotificationsModule', () => {
  it('gives the listener, with what the application brings', async () => {
    const module = await start({ source: { addr: 'node-1' } });
    expect(module.get(NotificationsListener)).toBeInstanceOf(NotificationsListener);
    expect(sourceOf(module.get(EventBridge))).toEqual({ addr: 'node-1' });
  });

  it('names this node and this start as the source, unless told otherwise', async () => {
    const [one, two] = await Promise.all([start({}), start({})]);
    const [first, second] = [one, two].map((module) => sourceOf(module.get(EventBridge)));
    expect(first?.addr).toBe(hostname());
    expect(first?.instanceID).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(second?.instanceID).not.toBe(first?.instanceID);
  });
});
