import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../support/registry-process.js';

/** The file that the image of registry:2 brings. */
const STOCK = `version: 0.1
log:
  fields:
    service: registry
storage:
  cache:
    blobdescriptor: inmemory
  filesystem:
    rootdirectory: /var/lib/registry
http:
  addr: :5000
  headers:
    X-Content-Type-Options: [nosniff]
health:
  storagedriver:
    enabled: true
    interval: 10s
    threshold: 3
`;

describe('the configuration of a running program', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'herald-config-'));
  });

  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  /** Starts the program and gives what it printed once it ended, or said that it listens. */
  const herald = async (args: readonly string[], env: Record<string, string> = {}) => {
    const child = spawn(process.execPath, ['dist/apps/registry/src/main.js', ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes('Herald listens on')) child.kill('SIGTERM');
      });
    }
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, output };
  };

  it('may be the stock file of registry:2, unchanged, in a pod beside a Service of that name', async () => {
    const file = join(directory, 'config.yml');
    writeFileSync(file, STOCK);
    const { code, output } = await herald(['serve', file], {
      REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: join(directory, 'data'),
      REGISTRY_HTTP_ADDR: `127.0.0.1:${await freePort()}`,
      REGISTRY_PORT: 'tcp://10.0.0.1:5000',
      REGISTRY_SERVICE_HOST: '10.0.0.1',
    });
    expect(output).toContain('Herald listens on');
    expect(code).toBe(0);
  });

  it('stops the start when it is wrong, with every fault by its path', async () => {
    const file = join(directory, 'config.yml');
    writeFileSync(file, `${STOCK}auth: { htpasswd: { realm: r, path: p } }\nnotification: {}\n`);
    const { code, output } = await herald(['serve', file]);
    expect(code).toBe(3);
    expect(output).toMatch(/auth .*\n.*notification .*did you mean notifications/s);
  });
});
