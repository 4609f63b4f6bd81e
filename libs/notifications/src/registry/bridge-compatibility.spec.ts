import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  BLOB_MEDIA_TYPE,
  parseDigest,
  parseRepositoryName,
  parseTag,
  type Change,
  type Manifest,
  type ReferenceDescriptor,
} from '@herald/storage';
import { describe, expect, it } from 'vitest';
import { SystemClock } from '../delivery/clock.js';
import { formatOf } from '../event/format.js';
import type { RegistryEvent } from '../event/registry-event.js';
import { UuidEventIds } from '../event-log/event-ids.js';
import { EventBridge } from './bridge.js';

interface Golden {
  readonly request: { readonly body: string | null };
  readonly webhooks: readonly { readonly endpoint: string; readonly rawBody: string }[];
}

/** A capture, and the event in it that the endpoint "normal" was sent. */
function golden(name: string, at = 0) {
  const file = join(import.meta.dirname, '../../../../test/golden', `${name}.json`);
  const { request, webhooks } = JSON.parse(readFileSync(file, 'utf8')) as Golden;
  const rawBody = webhooks.filter(({ endpoint }) => endpoint === 'normal')[at]?.rawBody ?? '';
  return {
    body: request.body ?? '',
    rawBody,
    event: (JSON.parse(rawBody) as { events: [RegistryEvent] }).events[0],
  };
}

interface ManifestDocument {
  readonly mediaType: string;
  readonly config?: GoldenDescriptor;
  readonly layers?: readonly GoldenDescriptor[];
  readonly manifests?: readonly GoldenDescriptor[];
}

type GoldenDescriptor = Omit<ReferenceDescriptor, 'sizeBytes'> & { readonly size: number };

function manifestOf({ body, event }: ReturnType<typeof golden>): Manifest {
  const { mediaType, config: first, layers = [], manifests } = JSON.parse(body) as ManifestDocument;
  const references = manifests ?? (first ? [first, ...layers] : layers);
  return {
    descriptor: {
      mediaType,
      digest: parseDigest(event.target.digest ?? ''),
      sizeBytes: Buffer.byteLength(body),
    },
    bytes: Buffer.from(body),
    kind: manifests === undefined ? 'image' : 'index',
    references: references.map(({ size, ...reference }) => Object.assign(reference, { sizeBytes: size })),
  };
}

/** What Herald sends for a change that the capture's request made, if ids and times are the capture's. */
function bodyFor({ event }: ReturnType<typeof golden>, change: Change, at = 0): string | undefined {
  const bridge = new EventBridge(new SystemClock(), new UuidEventIds(), {
    source: event.source,
    includeReferences: true,
    compatibility: 'distribution',
  });
  const made = bridge.changed(change, {
    request: event.request,
    actor: event.actor,
    urlBase: 'http://127.0.0.1:5511',
  })[at];
  if (made === undefined) return undefined;
  const data = made.draft.data
    .replace(`"id":"${made.draft.id}"`, `"id":"${event.id}"`)
    .replace(made.event.timestamp, event.timestamp);
  return formatOf('distribution.v1', { layout: 'upstream' }).encode([{ ...made.draft, data, sequence: 1 }], {
    sequences: [1],
  }).body;
}

describe('in the compatibility mode, byte for byte what docker-registry sent', () => {
  it.each([
    ['20-put-manifest-oci-tag', '1.0'],
    ['22-put-manifest-oci-digest', undefined],
    ['26-put-manifest-schema2', 's2'],
    ['27-put-index-oci', 'multi'],
    ['29-put-manifest-list', 'dlist'],
    ['31-put-artifact-subject', 'art'],
  ])('the push of %s', (name, tag) => {
    const capture = golden(name);
    const change: Change = {
      kind: 'manifest-pushed',
      repository: parseRepositoryName('lib/curl'),
      manifest: manifestOf(capture),
      tags: tag === undefined ? [] : [{ tag: parseTag(tag) }],
    };
    expect(bodyFor(capture, change)).toBe(capture.rawBody);
  });

  it.each(['03-push-blob-put', '54-mount-blob', '86-delete-blob'] as const)('the event of %s', (name) => {
    const capture = golden(name);
    const { target } = capture.event;
    const change = {
      repository: parseRepositoryName(target.repository),
      blob: {
        mediaType: BLOB_MEDIA_TYPE,
        digest: parseDigest(target.digest ?? ''),
        sizeBytes: target.size ?? 0,
      },
    };
    const changes: Record<typeof name, Change> = {
      '03-push-blob-put': { kind: 'blob-pushed', ...change },
      '54-mount-blob': { kind: 'blob-mounted', from: parseRepositoryName('lib/curl'), ...change },
      '86-delete-blob': { kind: 'blob-deleted', ...change },
    };
    expect(bodyFor(capture, changes[name])).toBe(capture.rawBody);
  });

  it('the deletion of a manifest, and of its tags in their order', () => {
    const captures = [0, 2, 1].map((at) => golden('80-delete-manifest-digest-tagged', at));
    const change: Change = {
      kind: 'manifest-deleted',
      repository: parseRepositoryName('lib/curl'),
      manifest: {
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        digest: parseDigest(captures[0]?.event.target.digest ?? ''),
        sizeBytes: 733,
      },
      tags: [parseTag('1.0'), parseTag('latest')],
    };
    expect(captures.map((capture, at) => bodyFor(capture, change, at))).toEqual(
      captures.map(({ rawBody }) => rawBody),
    );
  });
});
