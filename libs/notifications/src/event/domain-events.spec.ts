import { Injectable } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import { Test } from '@nestjs/testing';
import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  emitRegistryEvent,
  OnRegistryEvent,
  type AnyRegistryEvent,
  type RegistryEventMap,
} from './domain-events.js';
import type { RegistryEventType } from './registry-event.js';

const event: RegistryEventMap['registry.tag.delete'] = {
  type: 'registry.tag.delete',
  id: '1',
  timestamp: 't',
  action: 'delete',
  target: { repository: 'a', tag: 'latest' },
  request: { id: '', method: 'DELETE', useragent: '' },
  actor: {},
  source: {},
  detail: { deletedDigest: 'd' },
};

@Injectable()
class Subscriber {
  readonly heard: string[] = [];

  @OnRegistryEvent('registry.tag.delete')
  onTagDeleted({ target, detail }: RegistryEventMap['registry.tag.delete']): void {
    this.heard.push(`${target.tag} ${detail.deletedDigest}`);
  }

  @OnRegistryEvent('registry.manifest.push')
  onAnything(of: AnyRegistryEvent): void {
    this.heard.push(of.type);
  }
}

describe('domain events', () => {
  it('reach the subscriber to their type, and no other', async () => {
    const module = await Test.createTestingModule({
      imports: [EventEmitterModule.forRoot()],
      providers: [Subscriber],
    }).compile();
    const app = await module.init();
    await emitRegistryEvent(app.get(EventEmitter2), event);
    expect(app.get(Subscriber).heard).toEqual(['latest d']);
    await app.close();
  });

  it('cost nothing where nobody listens', async () => {
    await expect(emitRegistryEvent(new EventEmitter2(), event)).resolves.toBeUndefined();
  });

  it('are all in the map, each under its own name', () => {
    expectTypeOf<keyof RegistryEventMap>().toEqualTypeOf<RegistryEventType>();
    expectTypeOf<RegistryEventMap['registry.blob.mount']['action']>().toEqualTypeOf<'mount'>();
    expectTypeOf<
      RegistryEventMap['registry.blob.mount']['target']['fromRepository']
    >().toEqualTypeOf<string>();
    expectTypeOf<RegistryEventMap['registry.tag.delete']['target']['tag']>().toEqualTypeOf<string>();
    expectTypeOf<RegistryEventMap['registry.manifest.push']['target']['tag']>().toEqualTypeOf<
      string | undefined
    >();
    expectTypeOf(OnRegistryEvent).parameter(0).toEqualTypeOf<RegistryEventType>();
    type Decorated = Parameters<ReturnType<typeof OnRegistryEvent<'registry.tag.delete'>>>[2];
    expectTypeOf<
      TypedPropertyDescriptor<(of: RegistryEventMap['registry.blob.push']) => void>
    >().not.toExtend<Decorated>();
  });
});
