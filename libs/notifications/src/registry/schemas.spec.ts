import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  BLOB_MEDIA_TYPE,
  parseDigest,
  parseRepositoryName,
  parseTag,
  type Change,
  type Manifest,
} from '@herald/storage';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { SystemClock } from '../delivery/clock.js';
import { formatOf } from '../event/format.js';
import { UuidEventIds } from '../event-log/event-ids.js';
import type { LogRecord } from '../event-log/log-record.js';
import { EventBridge } from './bridge.js';
import { bridgeOptions, type RegistryNotificationsOptions } from './registry-notifications.options.js';

const SCHEMAS = join(import.meta.dirname, '../../../../docs/schemas');
function schema(name: string): ValidateFunction & { readonly document: { properties: object } } {
  const document = JSON.parse(readFileSync(join(SCHEMAS, `${name}.schema.json`), 'utf8')) as {
    properties: object;
  };
  // Formats are descriptions here: the shape is what receivers rest on.
  const ajv = new Ajv2020({
    allErrors: true,
    validateFormats: false,
    strictTypes: false,
    strictRequired: false,
  });
  return Object.assign(ajv.compile(document), { document });
}

const repository = parseRepositoryName('team/api');
const digest = parseDigest(`sha256:${'1'.repeat(64)}`);
const blob = { mediaType: BLOB_MEDIA_TYPE, digest, sizeBytes: 5 };
const tag = parseTag('latest');
const manifest: Manifest = {
  descriptor: { mediaType: 'application/vnd.oci.image.index.v1+json', digest, sizeBytes: 7 },
  bytes: new Uint8Array(7),
  kind: 'index',
  references: [
    {
      mediaType: 'application/x',
      digest,
      sizeBytes: 0,
      urls: ['https://u.test'],
      annotations: { a: 'b' },
      platform: { architecture: 'arm64', os: 'linux', 'os.features': ['x'] },
      artifactType: 'application/y',
    },
  ],
  subject: blob,
  artifactType: 'application/z',
  annotations: { c: 'd' },
};

const changes: readonly Change[] = [
  { kind: 'manifest-pushed', repository, manifest, tags: [] },
  { kind: 'manifest-pushed', repository, manifest, tags: [{ tag, previous: digest }] },
  { kind: 'manifest-deleted', repository, manifest: manifest.descriptor, tags: [tag] },
  { kind: 'tag-deleted', repository, tag, digest },
  { kind: 'blob-pushed', repository, blob },
  { kind: 'blob-pushed', repository, blob: { ...blob, sizeBytes: 0 } },
  { kind: 'blob-mounted', repository, from: repository, blob },
  { kind: 'blob-deleted', repository, blob },
];

/** Every event that there is, made in one of the ways that there are. */
function records(options: RegistryNotificationsOptions): readonly LogRecord[] {
  const source = { addr: 'node-1:5000', instanceID: 'i1' };
  const bridge = new EventBridge(
    new SystemClock(),
    new UuidEventIds(),
    bridgeOptions({ source, ...options }),
  );
  const request = { id: 'r1', addr: '203.0.113.9:1', host: 'reg.test', method: 'PUT', useragent: '' };
  const origin = { request, actor: {}, urlBase: 'https://reg.test' };
  const read = {
    method: 'GET',
    status: 200,
    bytesSent: 5,
    durationMs: 1.5,
    toTheEnd: true,
    aborted: false,
  } as const;
  const pulls = [
    bridge.served(repository, { ...read, content: { kind: 'manifest', manifest, tag } }, origin),
    bridge.served(repository, { ...read, content: { kind: 'blob', blob } }, origin),
  ];
  const bridged = [...changes.flatMap((change) => bridge.changed(change, origin)), ...pulls];
  return bridged.flatMap((event, index) => (event ? [{ ...event.draft, sequence: index + 1 }] : []));
}

const sequences = (of: readonly LogRecord[]) => of.map(({ sequence }) => sequence);

describe.each<RegistryNotificationsOptions>([
  {},
  { includeReferences: true },
  { compatibility: 'distribution' },
  { compatibility: 'distribution', includeReferences: true },
])('events made with %j', (options) => {
  const all = records(options);

  it.each(['v1', 'v2'] as const)('are what the published schema of envelope %s says', (version) => {
    const validate = schema(`distribution-events.${version}`);
    const { body } = formatOf(`distribution.${version}`).encode(all, { sequences: sequences(all) });
    expect(validate(JSON.parse(body)), JSON.stringify(validate.errors, null, 2)).toBe(true);
  });

  it('are what the published schema of CloudEvents data says, which knows every field', () => {
    const validate = schema('cloudevents-registry-data.v1');
    const { body } = formatOf('cloudevents', { cloudevents: { mode: 'batched' } }).encode(all, {
      sequences: sequences(all),
    });
    const known = Object.keys(validate.document.properties);
    for (const { data } of JSON.parse(body) as { data: object }[]) {
      expect(validate(data), JSON.stringify(validate.errors, null, 2)).toBe(true);
      expect(known).toEqual(expect.arrayContaining(Object.keys(data)));
    }
  });
});

describe('the published schemas', () => {
  it('refuse an event that lacks what its action needs', () => {
    const [push] = records({});
    const event = JSON.parse(push?.data ?? '') as { target: { url?: string } };
    delete event.target.url;
    expect(schema('distribution-events.v1')({ events: [event] })).toBe(false);
    expect(schema('distribution-events.v2')({ events: [event] })).toBe(false);
  });
});
