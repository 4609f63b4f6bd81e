import type { EventDescriptor, EventTarget, RegistryEvent } from './registry-event.js';

/**
 * An event as the element of an `events.v1+json` envelope: the keys in the order of Distribution 2.8, and like there no empty value
 * where a value may be missing. Receivers that compare bytes, and signatures, rest on this order.
 */
export function eventJson(event: RegistryEvent): string {
  const { request, actor, source } = event;
  return JSON.stringify({
    id: event.id,
    timestamp: event.timestamp,
    action: event.action,
    target: target(event.target),
    request: {
      id: request.id,
      addr: unlessEmpty(request.addr),
      host: unlessEmpty(request.host),
      method: request.method,
      useragent: request.useragent,
    },
    actor: { name: unlessEmpty(actor.name) },
    source: { addr: unlessEmpty(source.addr), instanceID: unlessEmpty(source.instanceID) },
  });
}

function target(of: EventTarget): object {
  return {
    mediaType: unlessEmpty(of.mediaType),
    size: unlessEmpty(of.size),
    digest: unlessEmpty(of.digest),
    length: unlessEmpty(of.length),
    repository: of.repository,
    fromRepository: unlessEmpty(of.fromRepository),
    url: unlessEmpty(of.url),
    tag: unlessEmpty(of.tag),
    references: of.references?.length ? of.references.map(descriptor) : undefined,
  };
}

/** Descriptors of 2.8 have no artifactType. */
function descriptor(of: EventDescriptor): object {
  return {
    mediaType: unlessEmpty(of.mediaType),
    size: unlessEmpty(of.size),
    digest: of.digest,
    urls: of.urls?.length ? of.urls : undefined,
    annotations: of.annotations && Object.keys(of.annotations).length > 0 ? of.annotations : undefined,
    platform: of.platform,
  };
}

/** JSON.stringify leaves out what is undefined. */
function unlessEmpty<T extends string | number>(value: T | undefined): T | undefined {
  return value === '' || value === 0 ? undefined : value;
}
