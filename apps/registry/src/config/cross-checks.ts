import type { Mismatch } from './schema/value-kind.js';
import type { RegistryFile } from './sections/registry-file.config.js';
import { STORAGE_DRIVERS } from './sections/storage.config.js';
import type { ConfigPath } from './source/config-path.js';
import { isMapping, valueAt } from './source/config-tree.js';
import { parseAdminAddress } from './values/admin-address.js';

type Report = (path: ConfigPath, mismatch: Mismatch) => void;

/** Reports a file that chooses no storage driver, or more than one. Judged by what is written, since the default would hide it. */
export function checkStorageDriver(tree: unknown, report: Report): void {
  const storage = valueAt(tree, ['storage']) ?? {};
  if (!isMapping(storage)) {
    return;
  }
  const drivers = STORAGE_DRIVERS.filter((driver) => Object.hasOwn(storage, driver));
  if (drivers.length !== 1) {
    const found = drivers.length === 0 ? 'none' : drivers.join(' and ');
    report(['storage'], {
      expected: 'exactly one storage driver: filesystem, with its rootdirectory',
      found,
    });
  }
}

/** Reports an admin address of the network without a token: anybody who reaches it could delete everything. */
export function checkAdminToken({ admin }: RegistryFile, report: Report): void {
  const address = typeof admin.addr === 'string' ? parseAdminAddress(admin.addr) : undefined;
  if (address?.kind === 'tcp' && admin.token === undefined) {
    report(['admin', 'token'], {
      expected: 'a token, since admin.addr is an address of the network',
      found: 'none',
    });
  }
}

/** Reports endpoints that share a name: an endpoint is its name, and with it a cursor and a backlog. */
export function checkEndpointNames({ notifications }: RegistryFile, report: Report): void {
  const first = new Map<string, number>();
  for (const [index, endpoint] of notifications.endpoints.entries()) {
    const name: unknown = valueAt(endpoint, ['name']);
    if (typeof name !== 'string' || name === '') {
      continue;
    }
    const other = first.get(name);
    if (other === undefined) {
      first.set(name, index);
    } else {
      const expected = `a name of its own; notifications.endpoints[${other}] has this one`;
      report(['notifications', 'endpoints', index, 'name'], { expected, found: 'a duplicate endpoint name' });
    }
  }
}
