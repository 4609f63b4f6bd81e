import { resolve } from 'node:path';

import type { Mismatch } from './schema/value-kind.js';
import { ENDPOINT_TYPES, type EndpointType } from './sections/endpoint.config.js';
import type { RegistryFile } from './sections/registry-file.config.js';
import type { ConfigPath } from './source/config-path.js';
import { valueAt } from './source/config-tree.js';

type Report = (path: ConfigPath, mismatch: Mismatch) => void;

/** What an endpoint cannot be without. */
const REQUIRED: Readonly<Partial<Record<EndpointType, readonly [key: string, expected: string]>>> = {
  webhook: ['url', 'an absolute http or https URL with a host'],
  file: ['path', 'the path of a file'],
};

/** Keys that not every type has, by the types that have them. */
const PARTICULAR: Readonly<Record<string, readonly EndpointType[]>> = {
  url: ['webhook'],
  headers: ['webhook'],
  timeout: ['webhook'],
  timeouts: ['webhook'],
  compression: ['webhook'],
  proxy: ['webhook'],
  handshake: ['webhook'],
  maxretryafter: ['webhook'],
  signing: ['webhook'],
  tls: ['webhook'],
  addresses: ['webhook'],
  path: ['file'],
  fsync: ['file'],
  maxline: ['file', 'stdout'],
};

/** Reports what an endpoint's type lacks, and what of the keys that are written it has no use for: it was meant, and would do nothing. */
export function checkEndpointTypes({ notifications }: RegistryFile, tree: unknown, report: Report): void {
  for (const [index, endpoint] of notifications.endpoints.entries()) {
    const type: EndpointType | undefined = endpoint?.type;
    if (type === undefined || !ENDPOINT_TYPES.includes(type)) continue;
    const path = ['notifications', 'endpoints', index];
    const [required, expected = ''] = REQUIRED[type] ?? [];
    if (required !== undefined && Reflect.get(endpoint, required) === undefined) {
      report([...path, required], { expected, found: 'nothing' });
    }
    for (const [key, types] of strangers(type, valueAt(tree, path))) {
      const instead = `none: it is for endpoints of the type ${types.join(' or ')}`;
      report([...path, key], { expected: instead, found: 'a setting' });
    }
  }
}

/** Keys that are written and belong to other types. */
function strangers(type: EndpointType, written: unknown): readonly (readonly [string, readonly string[]])[] {
  return Object.entries(PARTICULAR).filter(
    ([key, types]) => !types.includes(type) && (valueAt(written, [key]) ?? null) !== null,
  );
}

/** Reports files that several endpoints would write to. */
export function checkEndpointFiles({ notifications }: RegistryFile, report: Report): void {
  const first = new Map<string, number>();
  for (const [index, endpoint] of notifications.endpoints.entries()) {
    const path: unknown = valueAt(endpoint, ['path']);
    if (typeof path !== 'string') continue;
    const file = resolve(path);
    const other = first.get(file);
    if (other === undefined) first.set(file, index);
    else {
      report(['notifications', 'endpoints', index, 'path'], {
        expected: `a file of its own; notifications.endpoints[${other}] has this one`,
        found: 'the file of another endpoint',
      });
    }
  }
}
