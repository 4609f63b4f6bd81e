import { describe, expect, it } from 'vitest';

import { loadConfig } from './load-config.js';
import type { RegistryConfig } from './registry-config.js';

const MINIMAL = 'version: 0.1\nstorage: {filesystem: {rootdirectory: /data}}\n';

function load(text: string): RegistryConfig {
  return loadConfig({ path: '/etc/config.yml', environment: {}, readFile: () => text }).config;
}

describe('limits and policies', () => {
  it("knows upstream's keys for uploads, lists, read-only mode and validation", () => {
    const config = load(`
version: 0.1
storage:
  filesystem: {rootdirectory: /data}
  maintenance: {uploadpurging: {age: 2h, interval: 10m, dryrun: true}, readonly: {enabled: false}}
catalog: {maxentries: 10}
tags: {maxtags: 20}
validation:
  manifests:
    blobs: none
    urls: {allow: ['^https://layers\\.acme\\.test/'], deny: [/secret/]}
    indexes: {platforms: list, platformlist: [{architecture: arm64, os: linux}]}
`);
    expect(config.storage.uploadPurge).toEqual({
      enabled: true,
      ageMs: 7_200_000,
      intervalMs: 600_000,
      dryRun: true,
    });
    expect([config.catalog.maxEntries, config.tags.maxTags]).toEqual([10, 20]);
    const { isAllowedUrl, ...references } = config.storage.references;
    expect(references).toEqual({
      blobs: 'optional',
      children: [{ architecture: 'arm64', os: 'linux' }],
    });
    const judged = ['', 'secret/', '#part'].map((end) => isAllowedUrl?.(`https://layers.acme.test/${end}`));
    expect(judged).toEqual([true, false, false]);
    expect(isAllowedUrl?.('https://layersXacme.test/')).toBe(false);
    expect(config.warnings).toEqual([]);
  });

  it('purges no uploads while nothing may be written, and lets zero mean the default', () => {
    const readOnly = load(
      'version: 0.1\nstorage: {filesystem: , maintenance: {readonly: {enabled: true}, uploadpurging: {age: 0}}}\ncatalog: {maxentries: 0}',
    );
    expect(readOnly.storage).toMatchObject({
      readOnly: true,
      uploadPurge: { enabled: false, ageMs: 604_800_000 },
    });
    expect(readOnly.catalog.maxEntries).toBe(1_000);
  });

  it.each([
    ['all', 'required'],
    ['none', 'optional'],
  ])(
    'looks neither for children nor at URLs when validation is disabled, and says so; blobs: %s are %s all the same',
    (blobs, required) => {
      const config = load(
        `${MINIMAL}validation: {disabled: true, manifests: {blobs: ${blobs}, urls: {deny: [x]}, indexes: {platforms: all}}}`,
      );
      expect(config.storage.references).toEqual({ blobs: required, children: 'optional' });
      expect(config.warnings).toMatchObject([
        { path: 'validation.disabled', line: 3, message: expect.stringContaining(blobs) as unknown },
      ]);
    },
  );

  it.each([
    [
      'an expression that cannot be matched in linear time',
      `${MINIMAL}validation: {manifests: {urls: {allow: ["(hunter2)\\\\1"]}}}`,
      'validation.manifests.urls.allow[0] (line 3): found other text; expected a regular expression, without references and looking around',
    ],
    [
      'a negative limit',
      `${MINIMAL}catalog: {maxentries: -1}`,
      'catalog.maxentries (line 3): found another number; expected a whole number, 0 or more',
    ],
    [
      'an unknown choice of platforms',
      `${MINIMAL}validation: {manifests: {indexes: {platforms: some}}}`,
      'validation.manifests.indexes.platforms (line 3): found another word; expected one of all, none, list',
    ],
  ])('reject %s', (_, text, message) => {
    expect(() => load(text)).toThrow(message);
  });

  it('knows the rate of an endpoint, and refuses what is none', () => {
    const endpoint = (rate: string) =>
      `${MINIMAL}notifications: {endpoints: [{name: a, url: 'http://a.test', rate: ${rate}}]}\n`;
    expect(load(endpoint('100/s')).notifications.endpoints[0]?.rate).toEqual({ events: 100, perMs: 1_000 });
    expect(() => load(endpoint('100'))).toThrow('such as 100/s, 10/m or 5/h');
  });

  it('knows when an endpoint is tried again, how often and in which order, and refuses what says nothing', () => {
    const endpoint = (settings: string) =>
      `${MINIMAL}notifications: {endpoints: [{name: a, url: 'http://a.test', ${settings}}]}\n`;
    const settings = 'schedule: "1s, 5s", maxattempts: 7, maxretryafter: 10m, ordering: endpoint';
    expect(load(endpoint(settings)).notifications.endpoints[0]).toMatchObject({
      schedule: [1_000, 5_000],
      maxAttempts: 7,
      maxRetryAfterMs: 600_000,
      ordering: 'endpoint',
    });
    expect(load(endpoint('disabled: false')).notifications.endpoints[0]).toMatchObject({
      maxAttempts: 5,
      maxRetryAfterMs: 3_600_000,
    });
    expect(() => load(endpoint('schedule: soon'))).toThrow('standard, distribution, or waits');
    expect(() => load(endpoint('ordering: lanes'))).toThrow('did you mean lane?');
  });

  it('knows where an endpoint of a new name begins, and refuses what is no place in the log', () => {
    const endpoint = (from: string) =>
      `${MINIMAL}notifications: {endpoints: [{name: a, url: 'http://a.test', from: ${from}}]}\n`;
    for (const from of ['now', 'oldest', 120])
      expect(load(endpoint(String(from))).notifications.endpoints[0]?.from).toBe(from);
    for (const from of ['0', '-1', '1.5', 'newest', '""'])
      expect(() => load(endpoint(from))).toThrow('expected now, oldest, or a whole number, 1 or more');
  });

  it('gives dead letters up at an age only when one is configured', () => {
    expect(load(MINIMAL).notifications.retention.deadLetterAgeMs).toBe(0);
    const text = `${MINIMAL}notifications: {retention: {deadletters: 500h}}\n`;
    expect(load(text).notifications.retention.deadLetterAgeMs).toBe(500 * 3_600_000);
  });
});
