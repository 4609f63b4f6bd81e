import type { RegistryEvent } from '@herald/notifications';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadCaptures, type Capture } from './captures.js';
import { GoldenRegistry, masked } from './replay.js';

type Target = RegistryEvent['target'];

interface Difference {
  readonly reason: string;
  /** How many of the captured events are sent. */
  readonly events?: number;
  /** What an event says in addition, by its place among those of its endpoint. */
  readonly more?: (target: Target, at: number) => Partial<Target>;
}

const NO_PULL = { reason: 'nothing of the content, or not its end, went to the client', events: 0 };
const PLATFORMS = 'upstream 2.8 loses the platforms of the children of an index';
const STORED_ALONE = 'upstream reads another document besides the one that was asked for, and tells it';

const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const AMD64 = { architecture: 'amd64', os: 'linux' };

/** Every difference between the events of Herald's own mode and those of upstream, beside the compact body. */
const DIFFERENCES: Readonly<Record<string, Difference>> = {
  'head-manifest-tag': NO_PULL,
  'head-manifest-digest': NO_PULL,
  'head-blob': NO_PULL,
  'get-blob-range': NO_PULL,
  'get-blob-range-bad': NO_PULL,
  'get-blob-etag': NO_PULL,
  'get-manifest-schema2-no-accept': { reason: STORED_ALONE, events: 1 },
  'get-manifest-list-no-accept': {
    reason: `${STORED_ALONE}; ${PLATFORMS}`,
    events: 1,
    more: (target) => withPlatforms(target, [AMD64]),
  },
  'put-index-oci': {
    reason: PLATFORMS,
    more: (target) => withPlatforms(target, [AMD64, { architecture: 'arm64', os: 'linux', variant: 'v8' }]),
  },
  'put-manifest-list': { reason: PLATFORMS, more: (target) => withPlatforms(target, [AMD64]) },
  'delete-manifest-digest-tagged': {
    reason: 'the media type tells the deletion of a manifest from that of a blob',
    more: (_target, at) => (at === 0 ? { mediaType: OCI_MANIFEST } : {}),
  },
  'delete-blob': {
    reason: 'the media type tells the deletion of a blob from that of a manifest',
    more: () => ({ mediaType: 'application/octet-stream' }),
  },
};

/** Not compared: what upstream 2.8 cannot do has no event there. */
const NOT_COMPARED: ReadonlySet<string> = new Set(['delete-tag', 'mount-blob-no-from']);

const captures = loadCaptures();

describe('Herald’s own mode', () => {
  const registry = new GoldenRegistry(captures);

  beforeAll(() => registry.start('herald'));
  afterAll(() => registry.stop());

  it.each(captures.filter(({ operation }) => !NOT_COMPARED.has(operation)))(
    'tells $operation as upstream does, but for the differences that are meant',
    async (captured) => {
      const { delivered } = await registry.replay(captured);
      for (const endpoint of ['normal', 'filtered'] as const) {
        const events = delivered[endpoint].flatMap((delivery) => delivery.events);
        expect(events.map((event) => masked(JSON.stringify(event)))).toEqual(expectedOf(captured, endpoint));
        for (const { body } of delivered[endpoint]) expect(body).not.toMatch(/\n|": /);
      }
    },
  );
});

/** The captured events as they are here: compact, and with the differences. Deletions of tags come in the order of the names. */
function expectedOf({ operation, webhooks }: Capture, endpoint: string): readonly string[] {
  const { events: count = Number.POSITIVE_INFINITY, more } = DIFFERENCES[operation] ?? {};
  const events = webhooks
    .filter((webhook) => webhook.endpoint === endpoint)
    .flatMap(({ rawBody }) => (JSON.parse(rawBody) as { events: RegistryEvent[] }).events)
    .toSorted((a, b) => deletedTag(a).localeCompare(deletedTag(b)))
    .slice(0, count);
  return events.map((event, at) => {
    const target = inOrder({ ...event.target, ...more?.(event.target, at) });
    return masked(JSON.stringify(Object.assign(event, { target })));
  });
}

function deletedTag({ action, target }: RegistryEvent): string {
  return action === 'delete' ? (target.tag ?? '') : '';
}

function withPlatforms({ references = [] }: Target, platforms: readonly object[]): Partial<Target> {
  return {
    references: references.map((reference, at) => Object.assign(reference, { platform: platforms[at] })),
  };
}

/** The media type comes first, wherever it was added. */
function inOrder({ mediaType, ...rest }: Target): Target {
  return mediaType === undefined ? rest : { mediaType, ...rest };
}
