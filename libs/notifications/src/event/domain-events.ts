import { OnEvent } from '@nestjs/event-emitter';
import type { EventEmitter2 } from '@nestjs/event-emitter';
import type { ActionOf } from './event-type.js';
import type {
  ContentTarget,
  EventTarget,
  GoneTarget,
  MountTarget,
  RegistryEvent,
  RegistryEventDetail,
  RegistryEventType,
  TagTarget,
} from './registry-event.js';

/**
 * A registry event inside the process: it goes out after its change was committed, to whoever subscribed with `OnRegistryEvent`. It is
 * a convenience and promises less than the log: a crash after the commit loses it.
 */
export interface RegistryDomainEvent<
  T extends RegistryEventType,
  Target extends EventTarget,
> extends RegistryEvent {
  readonly type: T;
  readonly action: ActionOf<T>;
  readonly target: Target;
  readonly detail: RegistryEventDetail;
}

/** Every registry event that is emitted in the process, by its name. */
export interface RegistryEventMap {
  'registry.manifest.push': RegistryDomainEvent<'registry.manifest.push', ContentTarget>;
  'registry.manifest.pull': RegistryDomainEvent<'registry.manifest.pull', ContentTarget>;
  'registry.manifest.delete': RegistryDomainEvent<'registry.manifest.delete', GoneTarget>;
  'registry.blob.push': RegistryDomainEvent<'registry.blob.push', ContentTarget>;
  'registry.blob.pull': RegistryDomainEvent<'registry.blob.pull', ContentTarget>;
  'registry.blob.mount': RegistryDomainEvent<'registry.blob.mount', MountTarget>;
  'registry.blob.delete': RegistryDomainEvent<'registry.blob.delete', GoneTarget>;
  'registry.tag.delete': RegistryDomainEvent<'registry.tag.delete', TagTarget>;
  'registry.repository.delete': RegistryDomainEvent<'registry.repository.delete', EventTarget>;
}

/** Any of them; its `type` tells which. */
export type AnyRegistryEvent = RegistryEventMap[RegistryEventType];

/**
 * Tells the subscribers in this process. Resolves when all of them are done.
 *
 * @throws whatever a subscriber throws that was attached without `OnRegistryEvent`, or asked not to have its errors suppressed
 */
export async function emitRegistryEvent(emitter: EventEmitter2, event: AnyRegistryEvent): Promise<void> {
  if (emitter.hasListeners(event.type)) await emitter.emitAsync(event.type, event);
}

/**
 * `@OnEvent` for registry events: the name must exist and the handler must take its payload, or it does not compile. An error of the
 * handler is logged and hurts nobody else.
 */
export function OnRegistryEvent<T extends RegistryEventType>(type: T) {
  return <H extends (event: RegistryEventMap[T]) => unknown>(
    prototype: object,
    name: string | symbol,
    method: TypedPropertyDescriptor<H>,
  ): void => {
    OnEvent(type)(prototype, name, method);
  };
}
