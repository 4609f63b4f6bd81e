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
import type { RegistryEvent, RegistryEventDetail } from '../event/registry-event.js';
import { EventIds } from '../event-log/event-ids.js';
import { EventBridge, type BridgedEvent } from './bridge.js';
import { bridgeOptions, type BridgeOptions } from './registry-notifications.options.js';
import type { Origin } from './event-origin.js';

const NOW = Date.UTC(2026, 2, 4, 5, 6, 7, 890);
const repository = parseRepositoryName('team/api');
const digest = (digit: string) => parseDigest(`sha256:${digit.repeat(64)}`);

const origin: Origin = {
  request: { id: 'r1', addr: '203.0.113.9:4711', host: 'reg.test', method: 'PUT', useragent: 'ua' },
  actor: { name: 'ci-bot' },
  urlBase: 'https://reg.test/prefix',
};
const source = { addr: 'node-1:5000', instanceID: 'i1' };

class FixedClock extends SystemClock {
  override now(): number {
    return NOW;
  }
}

class CountingIds extends EventIds {
  #last = 0;

  override next(): string {
    this.#last += 1;
    return `id-${this.#last}`;
  }
}

const bridgeWith = (options: Partial<BridgeOptions> = {}) =>
  new EventBridge(new FixedClock(), new CountingIds(), bridgeOptions({ source, ...options }));

const upstream = { compatibility: 'distribution', includeReferences: true } as const;

const config: ReferenceDescriptor = {
  mediaType: 'application/vnd.oci.image.config.v1+json',
  digest: digest('a'),
  sizeBytes: 812,
};
const layer: ReferenceDescriptor = {
  mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
  digest: digest('b'),
  sizeBytes: 3,
  urls: ['https://u.test'],
  annotations: { b: '2', a: '1' },
};
const child: ReferenceDescriptor = {
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: digest('c'),
  sizeBytes: 4,
  platform: {
    variant: 'v8',
    os: 'linux',
    architecture: 'arm64',
    'made.up': { deep: true },
    'os.features': [1],
  },
  artifactType: 'application/x',
};

const image: Manifest = {
  descriptor: {
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    digest: digest('1'),
    sizeBytes: 1234,
  },
  bytes: new Uint8Array(1234),
  kind: 'image',
  references: [config, layer],
};
const index: Manifest = {
  ...image,
  descriptor: { ...image.descriptor, mediaType: 'application/vnd.oci.image.index.v1+json' },
  kind: 'index',
  references: [child],
};
const attached: Manifest = {
  ...image,
  subject: config,
  artifactType: 'application/spdx+json',
  annotations: { z: '26', a: '1' },
};
const blob = { mediaType: BLOB_MEDIA_TYPE, digest: digest('b'), sizeBytes: 30_411_222 };

const dataOf = ({ draft }: BridgedEvent) => JSON.parse(draft.data) as RegistryEvent;
const detailOf = ({ draft }: BridgedEvent) => JSON.parse(draft.detail ?? '{}') as RegistryEventDetail;

const changed = (change: Change, options?: Partial<BridgeOptions>) =>
  bridgeWith(options).changed(change, origin);
const pushed = (manifest: Manifest, tags: { tag: string; previous?: string }[] = []): Change => ({
  kind: 'manifest-pushed',
  repository,
  manifest,
  tags: tags.map(({ tag, previous }) => ({
    tag: parseTag(tag),
    ...(previous && { previous: digest(previous) }),
  })),
});

const MANIFEST_TARGET = {
  mediaType: image.descriptor.mediaType,
  size: 1234,
  digest: digest('1'),
  length: 1234,
  repository: 'team/api',
  url: `https://reg.test/prefix/v2/team/api/manifests/${digest('1')}`,
};
const BLOB_TARGET = {
  mediaType: 'application/octet-stream',
  size: 30_411_222,
  digest: digest('b'),
  length: 30_411_222,
  repository: 'team/api',
  url: `https://reg.test/prefix/v2/team/api/blobs/${digest('b')}`,
};

describe('the event of a change', () => {
  it('says who, when and where, and has an id of its own', () => {
    const [first] = changed(pushed(image));
    expect(first?.draft).toMatchObject({
      id: 'id-1',
      lane: 'team/api',
      type: 'registry.manifest.push',
      timeMs: NOW,
    });
    expect(first && dataOf(first)).toEqual({
      id: 'id-1',
      timestamp: '2026-03-04T05:06:07.890Z',
      action: 'push',
      target: MANIFEST_TARGET,
      request: origin.request,
      actor: origin.actor,
      source,
    });
  });

  it('is the same for subscribers in the process as for the log', () => {
    const [first] = changed(pushed(image, [{ tag: '1.0', previous: '9' }]));
    const { type, detail, ...event } = first?.event ?? ({} as never);
    expect(type).toBe('registry.manifest.push');
    expect(event).toEqual(first && dataOf(first));
    expect(detail).toEqual(first && detailOf(first));
  });

  it('is one for each tag that a push set, with what the tag named before', () => {
    const events = changed(pushed(image, [{ tag: '1.0', previous: '9' }, { tag: 'latest' }]));
    expect(events.map((event) => dataOf(event).target)).toEqual([
      { ...MANIFEST_TARGET, tag: '1.0' },
      { ...MANIFEST_TARGET, tag: 'latest' },
    ]);
    expect(events.map((event) => detailOf(event).previousDigest)).toEqual([digest('9'), undefined]);
    expect(new Set(events.map(({ draft }) => draft.id)).size).toBe(2);
  });

  it('names what a manifest is, what it is attached to and what it says of itself', () => {
    const [first] = changed(pushed(attached));
    expect(first && detailOf(first)).toMatchObject({
      artifactType: 'application/spdx+json',
      subject: digest('a'),
      annotations: { a: '1', z: '26' },
    });
  });

  it('has the references of an image in order, where they are asked for: configuration first', () => {
    const [first] = changed(pushed(image), { includeReferences: true });
    expect(first?.draft.data).toContain(
      `"references":[{"mediaType":"${config.mediaType}","size":812,"digest":"${digest('a')}"},` +
        `{"mediaType":"${layer.mediaType}","size":3,"digest":"${digest('b')}","urls":["https://u.test"],"annotations":{"a":"1","b":"2"}}]`,
    );
    // Nothing more is known of them than that says.
    expect(first?.draft.detail).toBeUndefined();
  });

  it('has the children of an index with their platforms, and nothing that the specification does not name', () => {
    const [first] = changed(pushed(index), { includeReferences: true });
    expect(first?.draft.data).toContain(
      `"references":[{"mediaType":"${child.mediaType}","size":4,"digest":"${digest('c')}","platform":{"architecture":"arm64","os":"linux","variant":"v8"}}]`,
    );
    expect(first && detailOf(first).references).toMatchObject([{ artifactType: 'application/x' }]);
  });

  it('has references in its detail alone, where they are not asked for', () => {
    const [first] = changed(pushed(index));
    expect(first && dataOf(first).target.references).toBeUndefined();
    expect(first && detailOf(first).references).toHaveLength(1);
  });

  it('tells a deleted manifest from a deleted blob, and first the manifest, then its tags', () => {
    const events = changed({
      kind: 'manifest-deleted',
      repository,
      manifest: image.descriptor,
      tags: [parseTag('1.0'), parseTag('latest')],
    });
    expect(events.map(({ draft }) => draft.type)).toEqual([
      'registry.manifest.delete',
      'registry.tag.delete',
      'registry.tag.delete',
    ]);
    expect(events.map((event) => dataOf(event).target)).toEqual([
      { mediaType: image.descriptor.mediaType, digest: digest('1'), repository: 'team/api' },
      { repository: 'team/api', tag: '1.0' },
      { repository: 'team/api', tag: 'latest' },
    ]);
    expect(events.map(detailOf)).toEqual([
      { deletedTags: ['1.0', 'latest'] },
      { deletedDigest: digest('1') },
      { deletedDigest: digest('1') },
    ]);
    expect(events.map((event) => dataOf(event))).toMatchObject(
      events.map(() => ({ action: 'delete', request: origin.request, actor: origin.actor, source })),
    );
  });

  it('says of a deleted tag its name, and to whom it can be told, its digest', () => {
    const [first] = changed({ kind: 'tag-deleted', repository, tag: parseTag('1.0'), digest: digest('1') });
    expect(first && dataOf(first).target).toEqual({ repository: 'team/api', tag: '1.0' });
    expect(first && detailOf(first)).toEqual({ deletedDigest: digest('1') });
  });

  it('is one for a blob that was pushed, mounted or deleted', () => {
    const [push] = changed({ kind: 'blob-pushed', repository, blob });
    const [mount] = changed({ kind: 'blob-mounted', repository, from: parseRepositoryName('base'), blob });
    const [gone] = changed({ kind: 'blob-deleted', repository, blob });
    expect(push && dataOf(push)).toMatchObject({ action: 'push', target: BLOB_TARGET });
    expect(mount && dataOf(mount)).toMatchObject({
      action: 'mount',
      target: { ...BLOB_TARGET, fromRepository: 'base' },
    });
    expect(gone && dataOf(gone).target).toEqual({
      mediaType: 'application/octet-stream',
      digest: digest('b'),
      repository: 'team/api',
    });
    expect(push?.draft).not.toHaveProperty('detail');
  });

  it('has no size and no length for nothing', () => {
    const [first] = changed({ kind: 'blob-pushed', repository, blob: { ...blob, sizeBytes: 0 } });
    const { size: _size, length: _length, ...rest } = BLOB_TARGET;
    expect(first && dataOf(first).target).toEqual(rest);
  });

  it('has a relative URL where there is no base', () => {
    const [first] = bridgeWith().changed(
      { kind: 'blob-pushed', repository, blob },
      { ...origin, urlBase: '' },
    );
    expect(first && dataOf(first).target.url).toBe(`/v2/team/api/blobs/${digest('b')}`);
  });
});

describe('the event of a read', () => {
  const whole = {
    method: 'GET',
    status: 200,
    bytesSent: 5,
    durationMs: 1,
    toTheEnd: true,
    aborted: false,
  } as const;
  const content = { kind: 'manifest', manifest: attached, tag: parseTag('1.0') } as const;

  it('says who pulled what, when and where', () => {
    const pull = bridgeWith().served(repository, { ...whole, content }, origin);
    expect(pull?.draft).toMatchObject({ lane: 'team/api', type: 'registry.manifest.pull', timeMs: NOW });
    expect(pull && dataOf(pull)).toEqual({
      id: 'id-1',
      timestamp: '2026-03-04T05:06:07.890Z',
      action: 'pull',
      target: { ...MANIFEST_TARGET, tag: '1.0' },
      request: origin.request,
      actor: origin.actor,
      source,
    });
    expect(pull && detailOf(pull)).toMatchObject({ artifactType: 'application/spdx+json', status: 200 });
  });

  it('is none where there was no pull', () => {
    expect(bridgeWith().served(repository, { ...whole, method: 'HEAD', content }, origin)).toBeUndefined();
  });
});

describe('in the compatibility mode', () => {
  it('has a time without zeros at its end, as Go writes it', () => {
    const [first] = changed({ kind: 'blob-pushed', repository, blob }, upstream);
    expect(first?.event.timestamp).toBe('2026-03-04T05:06:07.89Z');
  });

  it('loses the platforms of the children of an index, which the detail keeps for other formats', () => {
    const [first] = changed(pushed(index), upstream);
    expect(first && dataOf(first).target.references).toEqual([
      { mediaType: child.mediaType, size: 4, digest: digest('c') },
    ]);
    expect(first && detailOf(first).references).toMatchObject([{ platform: { architecture: 'arm64' } }]);
  });
});
