import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PROGRAM = 'dist/apps/registry/src/main.js';

/** An endpoint as a test writes it into the configuration. */
export interface EndpointYaml {
  readonly name: string;
  readonly url: string;
  readonly [key: string]: unknown;
}

/** What a test wants of the configuration; JSON is YAML. */
export interface RegistrySettings {
  readonly endpoints?: readonly EndpointYaml[];
  readonly http?: Readonly<Record<string, unknown>>;
  readonly storage?: Readonly<Record<string, unknown>>;
  readonly notifications?: Readonly<Record<string, unknown>>;
  readonly log?: Readonly<Record<string, unknown>>;
  /** Further sections by their names: catalog, tags, validation. */
  readonly sections?: Readonly<Record<string, unknown>>;
}

/** The built program in a process of its own, on a port and a data directory of its own. */
export class RegistryProcess {
  readonly directory = mkdtempSync(join(tmpdir(), 'herald-e2e-'));
  output = '';
  #child: ChildProcess | undefined;
  #port = 0;

  constructor(private settings: RegistrySettings = {}) {
    if (!existsSync(PROGRAM))
      throw new Error(`${PROGRAM} is missing: npm test builds it, npm run build does too`);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get data(): string {
    return join(this.directory, 'data');
  }

  get configPath(): string {
    return join(this.directory, 'config.yml');
  }

  /** Starts the program and waits until it is ready. A second start uses the same port and data. */
  async start(...args: readonly string[]): Promise<this> {
    if (this.#port === 0) this.#port = await freePort();
    this.writeConfig();
    const child = this.spawn('serve', this.configPath, ...args);
    this.#child = child;
    await this.#ready(child);
    return this;
  }

  /** Writes another configuration: in effect from the next start on, or after {@link hangUp} as far as it can be reloaded. */
  configure(settings: RegistrySettings): void {
    this.settings = settings;
    if (this.#port !== 0) this.writeConfig();
  }

  writeConfig(): void {
    const { endpoints = [], http, storage, notifications, log, sections } = this.settings;
    const config = {
      version: 0.1,
      log: { level: 'info', ...log },
      storage: { filesystem: { rootdirectory: this.data }, delete: { enabled: true }, ...storage },
      http: { addr: `127.0.0.1:${this.#port}`, ...http },
      notifications: { endpoints, ...notifications },
      ...sections,
    };
    // Whoever reads it at this moment finds the whole of one or the other.
    writeFileSync(`${this.configPath}.new`, JSON.stringify(config));
    renameSync(`${this.configPath}.new`, this.configPath);
  }

  /** Runs the program with any arguments; its output is gathered in `output`. */
  spawn(...args: readonly string[]): ChildProcess {
    const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk.toString();
      });
    }
    return child;
  }

  /** Ends the program as an operator would, and gives its exit code. */
  async stop(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  /** Has it read its configuration again. */
  hangUp(): void {
    this.#child?.kill('SIGHUP');
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async dispose(): Promise<void> {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null)
      return child?.exitCode ?? null;
    const ended = once(child, 'exit');
    child.kill(signal);
    const [code] = (await ended) as [number | null];
    return code;
  }

  async #ready(child: ChildProcess): Promise<void> {
    const deadline = performance.now() + 30_000;
    while (performance.now() < deadline) {
      if (child.exitCode !== null)
        throw new Error(`the registry ended with ${child.exitCode}: ${this.output}`);
      const answer = await fetch(`${this.url}/readyz`).catch(() => undefined);
      if (answer?.ok === true) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`the registry did not become ready: ${this.output}`);
  }
}

/** Below what operating systems give to outgoing connections (Linux from 32768, others from 49152). */
const PORTS = { least: 15_000, most: 32_000 } as const;

/**
 * A port that nobody listens on, and that stays so while its program is down: one from the system's own range could go to a connection
 * that some test makes meanwhile.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.least, PORTS.most);
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch {
      continue;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}
