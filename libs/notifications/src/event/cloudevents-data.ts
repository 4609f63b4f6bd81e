import type { LogRecord } from '../event-log/log-record.js';
import { partsOf } from './event-type.js';
import type {
  EventActor,
  EventDescriptor,
  EventRequest,
  EventSource,
  RegistryEvent,
  RegistryEventDetail,
} from './registry-event.js';

/**
 * `data` of a registry event as a CloudEvent: what Distribution's envelope says and what it has no place for, in one flat object.
 * What does not apply is absent. Schema: `docs/schemas/cloudevents-registry-data.v1.schema.json`.
 */
export interface RegistryCloudEventData extends Omit<RegistryEventDetail, 'references'> {
  readonly action: string;
  /** `manifest`, `blob`, `tag` or `repository`. */
  readonly kind: string;
  readonly repository: string;
  readonly fromRepository?: string;
  readonly tag?: string;
  readonly digest?: string;
  readonly mediaType?: string;
  readonly size?: number;
  readonly url?: string;
  /** A manifest's, when it was pushed; of other events when `includereferences` asks for them. */
  readonly references?: readonly EventDescriptor[];
  readonly request: EventRequest;
  readonly actor: EventActor;
  readonly node: EventSource;
}

/** @param record of the family `registry.` */
export function registryData(record: LogRecord, event: RegistryEvent): RegistryCloudEventData {
  const { target } = event;
  const detail = record.detail === undefined ? {} : (JSON.parse(record.detail) as RegistryEventDetail);
  const { references = target.references, status, bytesSent, durationMs, ...rest } = detail;
  return {
    action: event.action,
    kind: partsOf(record.type)?.kind ?? '',
    repository: target.repository,
    fromRepository: target.fromRepository,
    tag: target.tag,
    digest: target.digest,
    mediaType: target.mediaType,
    size: target.size,
    url: target.url,
    ...rest,
    references,
    status,
    bytesSent,
    durationMs,
    request: event.request,
    actor: event.actor,
    node: event.source,
  };
}
