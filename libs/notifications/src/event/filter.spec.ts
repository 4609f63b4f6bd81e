import { describe, expect, it } from 'vitest';
import type { LogRecord } from '../event-log/log-record.js';
import type { WebhookOptions, EventSelection } from '../notifications.options.js';
import { eventJson } from './event-json.js';
import { FilterError } from './filter.error.js';
import { compileFilter } from './filter.js';
import type { EventTarget, RegistryEventDetail, RegistryEventType } from './registry-event.js';

type Rules = Pick<WebhookOptions, 'ignore' | 'only' | 'except'>;

const IMAGE = 'application/vnd.oci.image.manifest.v1+json';
const BLOB = 'application/octet-stream';

const record = (
  type: RegistryEventType,
  target: Partial<EventTarget> = {},
  { actor, detail }: { actor?: string; detail?: RegistryEventDetail } = {},
): LogRecord => {
  const repository = target.repository ?? 'team/api';
  return {
    sequence: 1,
    id: '1',
    lane: repository,
    type,
    timeMs: 0,
    data: eventJson({
      id: '1',
      timestamp: 't',
      action: 'push',
      target: { ...target, repository },
      request: { id: '', method: '', useragent: '' },
      actor: { name: actor },
      source: {},
    }),
    ...(detail && { detail: JSON.stringify(detail) }),
  };
};

const push = record('registry.manifest.push', { mediaType: IMAGE, tag: 'v1.2.3' }, { actor: 'ci-bot' });
const byDigest = record('registry.manifest.push', { mediaType: IMAGE });
const sbom = record(
  'registry.manifest.push',
  { mediaType: IMAGE },
  { detail: { artifactType: 'application/spdx+json' } },
);
const layer = record('registry.blob.push', { mediaType: BLOB });
const pull = record('registry.blob.pull', { mediaType: BLOB });
const gone = record('registry.blob.delete', { mediaType: BLOB });
const untagged = record('registry.tag.delete', { tag: 'v1.2.3', repository: 'team/deep/api' });
const order: LogRecord = {
  sequence: 1,
  id: '2',
  lane: 'team/api',
  type: 'orders.order.paid',
  timeMs: 0,
  data: '{"tag":"v1.2.3"}',
};

const table: [string, Rules, LogRecord, boolean][] = [
  ['no rule', {}, push, true],
  ['empty lists of upstream', { ignore: { mediaTypes: [], actions: [] } }, push, true],
  ['ignored media types that are others', { ignore: { mediaTypes: ['foo/bar', 'foo/baz'] } }, push, true],
  ['ignored actions that are others', { ignore: { actions: ['pull', 'delete'] } }, push, true],
  ['both, others', { ignore: { mediaTypes: ['foo/bar'], actions: ['pull'] } }, push, true],
  ['an ignored media type', { ignore: { mediaTypes: ['foo/bar', IMAGE] } }, push, false],
  ['an ignored media type in another case', { ignore: { mediaTypes: [IMAGE.toUpperCase()] } }, push, true],
  ['an ignored action, with no media types', { ignore: { mediaTypes: [], actions: ['push'] } }, push, false],
  ['an ignored action', { ignore: { actions: ['pull', 'push'] } }, push, false],
  [
    'an ignored action beside another media type',
    { ignore: { mediaTypes: ['foo/bar'], actions: ['push'] } },
    push,
    false,
  ],
  [
    'an ignored media type beside another action',
    { ignore: { mediaTypes: [IMAGE], actions: ['pull'] } },
    push,
    false,
  ],
  ['ignored layers', { ignore: { mediaTypes: [BLOB] } }, layer, false],
  ['ignored layers, for which a delete is no layer', { ignore: { mediaTypes: [BLOB] } }, gone, true],
  ['ignored deletes', { ignore: { actions: ['delete'] } }, gone, false],
  [
    "upstream's lists, which say nothing of an application's events",
    { ignore: { actions: ['push'], mediaTypes: [''] } },
    order,
    true,
  ],
  ['only an action', { only: { actions: ['push'] } }, push, true],
  ['only an action, another', { only: { actions: ['push'] } }, pull, false],
  ['only a target', { only: { targets: ['tag'] } }, untagged, true],
  ['only a target, another', { only: { targets: ['tag', 'manifest'] } }, layer, false],
  ['only a media type', { only: { mediaTypes: [IMAGE] } }, push, true],
  ['only a media type by glob', { only: { mediaTypes: ['application/vnd.oci.*'] } }, push, true],
  ['only a media type by glob, another', { only: { mediaTypes: ['application/vnd.oci.*'] } }, layer, false],
  ['only a media type, which a delete has here', { only: { mediaTypes: [BLOB] } }, gone, true],
  ['only an artifact type', { only: { artifactTypes: ['application/spdx*'] } }, sbom, true],
  ['only an artifact type, of what has none', { only: { artifactTypes: ['**'] } }, push, false],
  ['only a repository', { only: { repositories: ['team/api'] } }, push, true],
  ['only a repository, not by its beginning', { only: { repositories: ['team'] } }, push, false],
  ['only repositories of a level', { only: { repositories: ['team/*'] } }, push, true],
  ['only repositories of a level, a deeper one', { only: { repositories: ['team/*'] } }, untagged, false],
  ['only repositories of any level', { only: { repositories: ['team/**'] } }, untagged, true],
  ['only a tag', { only: { tags: ['v1.2.3'] } }, push, true],
  ['only tags by glob', { only: { tags: ['v1.*'] } }, untagged, true],
  ['only tags by expression', { only: { tags: [String.raw`/^v\d+\.\d+\.\d+$/`] } }, push, true],
  ['only tags by expression, others', { only: { tags: [String.raw`/^v\d+\.\d+$/`] } }, push, false],
  ['only tags, of what has none', { only: { tags: ['**'] } }, byDigest, false],
  ['only an actor', { only: { actors: ['ci-*'] } }, push, true],
  ['only an actor, of what nobody did', { only: { actors: ['*'] } }, layer, false],
  ['only two lists, both met', { only: { actions: ['push'], actors: ['ci-bot'] } }, push, true],
  ['only two lists, one met', { only: { actions: ['pull'], actors: ['ci-bot'] } }, push, false],
  ['only one of two selections', { only: [{ actions: ['pull'] }, { targets: ['manifest'] }] }, push, true],
  [
    'only two selections, neither',
    { only: [{ actions: ['pull'] }, { targets: ['manifest'] }] },
    layer,
    false,
  ],
  ['except', { except: { actions: ['pull'] } }, pull, false],
  ['except others', { except: { actions: ['pull'] } }, push, true],
  ['except what meets both lists', { except: { actions: ['push'], tags: ['v2*'] } }, push, true],
  ['except one of two selections', { except: [{ targets: ['blob'] }, { tags: ['v1*'] }] }, push, false],
  ['only and except', { only: { targets: ['manifest'] }, except: { tags: ['v1*'] } }, push, false],
  ['only a type', { only: { types: ['orders.order.paid'] } }, order, true],
  ['only types by glob', { only: { types: ['registry.manifest.*'] } }, push, true],
  ['only types by glob of a component', { only: { types: ['orders.*'] } }, order, false],
  ['only types by glob across components', { only: { types: ['orders.**'] } }, order, true],
  ["only tags, which an application's event does not have", { only: { tags: ['v1.2.3'] } }, order, false],
  [
    "except repositories, where an application's event is not",
    { except: { repositories: ['team/*'] } },
    order,
    true,
  ],
];

describe('an endpoint with', () => {
  it.each(table)('%s', (_name, rules, event, wanted) => {
    expect(compileFilter(rules)(event)).toBe(wanted);
  });
});

describe('a filter', () => {
  it('does not read the event where its type and lane say enough', () => {
    const unreadable = { ...push, data: 'not JSON' };
    const wants = compileFilter({
      ignore: { actions: ['delete'] },
      only: { actions: ['push'], targets: ['manifest'], repositories: ['team/*'], types: ['registry.**'] },
      except: { actions: ['pull'], tags: ['v1'] },
    });
    expect(wants(unreadable)).toBe(true);
  });

  it('tries patterns on no text that is longer than any name can be', () => {
    const wants = compileFilter({ only: { actors: ['*a'] } });
    expect(wants(record('registry.blob.push', {}, { actor: 'a'.repeat(1024) }))).toBe(true);
    expect(wants(record('registry.blob.push', {}, { actor: 'a'.repeat(1025) }))).toBe(false);
  });

  it.each<[Rules, string, string]>([
    [{ only: { tags: ['ok', '/(/'] } }, 'PATTERN_INVALID', 'only.tags[1]'],
    [{ only: { tags: ['/a'] } }, 'PATTERN_INVALID', 'only.tags[0]'],
    [{ except: { tags: ['/(?=a)/'] } }, 'PATTERN_INVALID', 'except.tags[0]'],
    [
      { except: [{ tags: ['a'] }, { tags: ['/((a{900}){900}){900}/'] }] },
      'PATTERN_TOO_LARGE',
      'except[1].tags[0]',
    ],
    [{ only: { repositories: ['a'.repeat(257)] } }, 'PATTERN_TOO_LARGE', 'only.repositories[0]'],
    [{ only: { actions: ['push', 'pushed'] } }, 'FILTER_VALUE_UNKNOWN', 'only.actions[1]'],
    [{ only: { targets: ['layer'] } }, 'FILTER_VALUE_UNKNOWN', 'only.targets[0]'],
    [{ only: { actions: [] } }, 'FILTER_EMPTY', 'only.actions'],
    [{ only: { action: ['push'] } as EventSelection }, 'FILTER_INVALID', 'only.action'],
    [{ only: { actions: 'push' } as unknown as EventSelection }, 'FILTER_INVALID', 'only.actions'],
    [{ only: { tags: ['a', 1] } as unknown as EventSelection }, 'FILTER_INVALID', 'only.tags[1]'],
    [{ except: ['push'] as unknown as EventSelection[] }, 'FILTER_INVALID', 'except[0]'],
    [{ only: {} }, 'FILTER_EMPTY', 'only'],
    [{ except: [] }, 'FILTER_EMPTY', 'except'],
    [{ except: [{}] }, 'FILTER_EMPTY', 'except[0]'],
  ])('is refused with the place of the fault: %j', (rules, code, path) => {
    const compile = () => compileFilter(rules);
    expect(compile).toThrow(FilterError);
    expect(compile).toThrow(expect.objectContaining({ code, path }) as Error);
  });
});
