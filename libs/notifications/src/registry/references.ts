import type { Manifest, ReferenceDescriptor } from '@herald/storage';
import type { EventDescriptor } from '../event/registry-event.js';

type Platform = NonNullable<EventDescriptor['platform']>;

/** Fields of a platform, OCI image-spec image-index.md, in the order in which Distribution writes them. */
const PLATFORM_FIELDS = ['architecture', 'os', 'os.version', 'os.features', 'variant'];

/** What a manifest refers to, in its order. */
export function eventReferences(manifest: Manifest): readonly EventDescriptor[] {
  return manifest.references.map(eventDescriptor);
}

/** As Distribution 2.8 knows them: it loses the platforms of an index's children, and has no artifact types. */
export function upstreamReferences(manifest: Manifest): readonly EventDescriptor[] {
  const keepPlatform = manifest.kind === 'image';
  return eventReferences(manifest).map((reference) => upstreamDescriptor(reference, keepPlatform));
}

function upstreamDescriptor(reference: EventDescriptor, keepPlatform: boolean): EventDescriptor {
  const { artifactType: _unknown, platform, ...known } = reference;
  return keepPlatform && platform ? { ...known, platform } : known;
}

/** What a client wrote into a manifest is passed on field by field: what the specification does not name goes no further. */
function eventDescriptor(of: ReferenceDescriptor): EventDescriptor {
  const platform = of.platform && platformOf(of.platform);
  return {
    mediaType: of.mediaType,
    digest: of.digest,
    size: of.sizeBytes,
    ...(of.urls?.length && { urls: of.urls }),
    ...annotationsOf(of),
    ...(platform && { platform }),
    ...(of.artifactType && { artifactType: of.artifactType }),
  };
}

function platformOf(platform: Platform): Platform {
  const known = PLATFORM_FIELDS.filter((field) => isPlatformValue(platform[field]));
  return Object.fromEntries(known.map((field) => [field, platform[field]]));
}

function isPlatformValue(value: unknown): boolean {
  return (
    typeof value === 'string' || (Array.isArray(value) && value.every((item) => typeof item === 'string'))
  );
}

type Annotations = Pick<EventDescriptor, 'annotations'>;

/** The annotations, if there are any. Go's encoder sorts the keys of a map; sorting also makes one text of one content. */
export function annotationsOf({ annotations = {} }: Annotations): Annotations {
  const entries = Object.entries(annotations);
  if (entries.length === 0) return {};
  return {
    annotations: Object.fromEntries(
      entries.toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    ),
  };
}
