import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../support/registry-process.js';

/** Distribution, as Debian packages it, on a volume and a free port. */
export class DockerRegistry {
  #child: ChildProcess | undefined;
  #port = 0;
  #output = '';

  constructor(
    private readonly directory: string,
    private readonly data: string,
  ) {}

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    this.#port = await freePort();
    const config = join(this.directory, 'docker-registry.yml');
    writeFileSync(
      config,
      JSON.stringify({
        version: 0.1,
        storage: { filesystem: { rootdirectory: this.data }, delete: { enabled: true } },
        http: { addr: `127.0.0.1:${this.#port}`, secret: 'the tests' },
      }),
    );
    const child = spawn('docker-registry', ['serve', config], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    child.on('error', (error) => (this.#output += error.message));
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
    }
    await this.#ready(child);
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  }

  async #ready(child: ChildProcess): Promise<void> {
    const deadline = performance.now() + 30_000;
    while (performance.now() < deadline && child.exitCode === null && child.pid !== undefined) {
      if ((await fetch(`${this.url}/v2/`).catch(() => undefined))?.ok === true) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`docker-registry did not become ready: ${this.#output}`);
  }
}
