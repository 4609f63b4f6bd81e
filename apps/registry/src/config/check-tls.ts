import { tlsFaults } from '@herald/notifications';

import { compileTls } from './compile-trust.js';
import type { Mismatch } from './schema/value-kind.js';
import type { RegistryFile } from './sections/registry-file.config.js';
import type { EndpointTlsConfig } from './sections/trust.config.js';
import type { ConfigPath } from './source/config-path.js';
import type { ReadFile } from './source/secret-reference.js';

/** Names of the file for those of the library. */
const KEYS: Readonly<Record<string, string>> = { cert: 'certificate' };

/** Reports certificates and keys that cannot be read or used, or that do not belong together. What is in them is never shown. */
export function checkTls(
  { notifications }: RegistryFile,
  readFile: ReadFile,
  report: (path: ConfigPath, mismatch: Mismatch) => void,
): void {
  for (const [index, endpoint] of notifications.endpoints.entries()) {
    const { tls } = endpoint ?? {};
    if (tls === undefined || !isReadable(tls)) {
      continue;
    }
    for (const { path, reason } of tlsFaults(compileTls(tls), readFile)) {
      report(['notifications', 'endpoints', index, 'tls', KEYS[path] ?? path], {
        expected: `what can be used: ${reason.replaceAll(/\bcert\b/g, 'certificate')}`,
        found: 'something else',
      });
    }
  }
}

/** What is no text at all is reported with its kind. */
function isReadable({ ca, certificate, key }: EndpointTlsConfig): boolean {
  return [ca, certificate, key].every((source) => source === undefined || typeof source === 'string');
}
