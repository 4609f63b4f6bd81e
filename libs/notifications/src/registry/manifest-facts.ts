import type { Manifest, RepositoryName } from '@herald/storage';
import type { ContentTarget, EventDescriptor, RegistryEventDetail } from '../event/registry-event.js';
import type { FactContext } from './fact.js';
import { annotationsOf, eventReferences, upstreamReferences } from './references.js';
import { contentTarget } from './targets.js';

interface ManifestFacts {
  readonly target: ContentTarget;
  readonly detail: RegistryEventDetail;
}

/** A manifest that was pushed: everything that can be told of it. */
export function pushedManifest(
  repository: RepositoryName,
  manifest: Manifest,
  context: FactContext,
): ManifestFacts {
  const full = eventReferences(manifest);
  const told = referencesInEnvelope(manifest, full, context);
  return {
    target: manifestTarget(repository, manifest, context, told),
    detail: {
      ...kindOfManifest(manifest),
      ...annotationsOf(manifest),
      ...(full.length > 0 && !tellsAll(told, full) && { references: full }),
    },
  };
}

/** A manifest that was pulled. Pulls are many: they carry its references only where the configuration asks for them. */
export function pulledManifest(
  repository: RepositoryName,
  manifest: Manifest,
  context: FactContext,
): ManifestFacts {
  const full = context.includeReferences ? eventReferences(manifest) : [];
  const told = referencesInEnvelope(manifest, full, context);
  return {
    target: manifestTarget(repository, manifest, context, told),
    detail: {
      ...kindOfManifest(manifest),
      ...(full.length > 0 && !tellsAll(told, full) && { references: full }),
    },
  };
}

function manifestTarget(
  repository: RepositoryName,
  manifest: Manifest,
  { urlBase }: FactContext,
  references: readonly EventDescriptor[],
): ContentTarget {
  return {
    ...contentTarget(urlBase, repository, 'manifests', manifest.descriptor),
    ...(references.length > 0 && { references }),
  };
}

function referencesInEnvelope(
  manifest: Manifest,
  full: readonly EventDescriptor[],
  { includeReferences, asUpstream }: FactContext,
): readonly EventDescriptor[] {
  if (!includeReferences) return [];
  return asUpstream ? upstreamReferences(manifest) : full;
}

/** The first version of the envelope has no artifact types, whoever fills it. */
function tellsAll(told: readonly EventDescriptor[], full: readonly EventDescriptor[]): boolean {
  return (
    full.every(
      ({ artifactType, platform }, index) =>
        artifactType === undefined && (platform === undefined || told[index]?.platform !== undefined),
    ) && told.length === full.length
  );
}

function kindOfManifest({ artifactType, subject }: Manifest): RegistryEventDetail {
  return { ...(artifactType && { artifactType }), ...(subject && { subject: subject.digest }) };
}
