/** The two registries that are measured, each in a process and a data directory of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../tools/free-port.mjs';

const HERALD = 'dist/apps/registry/src/main.js';
const PEER = ['/usr/bin/docker-registry', '/usr/local/bin/docker-registry'].find((path) => existsSync(path));

/** Clock ticks of /proc per second: what Linux has on every platform that Node runs on. */
const TICKS = 100;

class Registry {
  #directory = mkdtempSync(join(tmpdir(), 'herald-bench-'));
  #child;
  #output = '';

  async start(port, command, args, config) {
    this.url = `http://127.0.0.1:${port}`;
    const path = join(this.#directory, 'config.yml');
    writeFileSync(path, JSON.stringify(config(join(this.#directory, 'data'))));
    this.#child = spawn(command, [...args, path], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.on('data', (chunk) => (this.#output = (this.#output + chunk).slice(-4_000)));
    }
    for (const deadline = performance.now() + 30_000; ; await sleep(20)) {
      const answer = await fetch(`${this.url}/v2/`).catch(() => undefined);
      if (answer?.ok) return this;
      if (this.#child.exitCode !== null || performance.now() > deadline)
        throw new Error(`the registry did not start: ${this.#output}`);
    }
  }

  /** Resident memory in bytes. */
  get memoryBytes() {
    const [, kib] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${this.#child.pid}/status`, 'utf8')) ?? [];
    return Number(kib) * 1_024;
  }

  /** CPU time in ms, of all threads. */
  get cpuMs() {
    const fields = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return ((Number(fields[11]) + Number(fields[12])) * 1_000) / TICKS;
  }

  async stop() {
    if (this.#child.exitCode === null) {
      const ended = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await ended;
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** @param endpoint what of its settings differs from the defaults */
export function startHerald(url, endpoint, nodeArguments = []) {
  const prompt = { threshold: 5, backoff: '20ms', maxbackoff: '100ms' };
  return startHeraldWith([{ name: 'bench', url, timeout: '10s', ...prompt, ...endpoint }], nodeArguments);
}

/** With these endpoints. */
export async function startHeraldWith(endpoints, nodeArguments = []) {
  const port = await freePort();
  return new Registry().start(port, process.execPath, [...nodeArguments, HERALD, 'serve'], (data) => ({
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: data } },
    http: { addr: `127.0.0.1:${port}` },
    notifications: { endpoints },
  }));
}

/** undefined where Debian's docker-registry is not installed */
export async function startPeer(url) {
  if (PEER === undefined) return undefined;
  const port = await freePort();
  return new Registry().start(port, PEER, ['serve'], (data) => ({
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: data }, cache: { blobdescriptor: 'inmemory' } },
    http: { addr: `127.0.0.1:${port}` },
    notifications: {
      endpoints: [{ name: 'bench', url, timeout: '10s', threshold: 5, backoff: '100ms' }],
    },
  }));
}
