import type { LogRecord } from '../event-log/log-record.js';
import type { EventDescriptor, EventTarget, RegistryEvent, RegistryEventDetail } from './registry-event.js';

/**
 * The element of an `events.v2+json` envelope. Beside the order of the keys, 3.x differs from 2.8 in that `mediaType`, `digest` and
 * `size` are always there, empty if need be, and in that references tell their platform and artifact type.
 */
export function elementV2(record: LogRecord): string {
  const event = JSON.parse(record.data) as RegistryEvent;
  const { references } = event.target;
  return JSON.stringify({
    ...event,
    target: target(event.target, references && referencesOf(record, references)),
  });
}

/** The detail has the references in full when those in the envelope's element say less than is known. */
function referencesOf(record: LogRecord, known: readonly EventDescriptor[]): readonly EventDescriptor[] {
  if (record.detail === undefined) return known;
  return (JSON.parse(record.detail) as RegistryEventDetail).references ?? known;
}

function target(of: EventTarget, references: readonly EventDescriptor[] | undefined): object {
  return {
    ...content(of),
    length: of.length,
    repository: of.repository,
    fromRepository: of.fromRepository,
    url: of.url,
    tag: of.tag,
    references: references?.map(reference),
  };
}

function reference(of: EventDescriptor): object {
  return {
    ...content(of),
    urls: of.urls,
    annotations: of.annotations,
    platform: of.platform,
    artifactType: of.artifactType,
  };
}

function content(of: Partial<Pick<EventDescriptor, 'mediaType' | 'digest' | 'size'>>): object {
  return { mediaType: of.mediaType ?? '', digest: of.digest ?? '', size: of.size ?? 0 };
}
