import { spawn, type ChildProcess } from 'node:child_process';
import { DatabaseSync } from 'node:sqlite';
import { freePort, RegistryProcess } from '../support/registry-process.js';
import type { SmallDisk } from './small-disk.js';

const PROGRAM = 'dist/apps/registry/src/main.js';

export const RESERVE_BYTES = 1024 * 1024;

/** What `/health` says of the disk. */
export interface DiskHealth {
  readonly state: string;
  readonly pushes: string;
  readonly reserveBytes: number;
}

/** The built program with its data on a small disk. */
export class DiskRegistry extends RegistryProcess {
  private constructor(
    private readonly disk: SmallDisk,
    private readonly debugPort: number,
    receiver: string,
  ) {
    super({
      endpoints: [{ name: 'hook', url: receiver, backoff: '50ms', maxbackoff: '100ms', timeout: '5s' }],
      storage: { filesystem: { rootdirectory: disk.path, minfree: '2MiB' } },
      http: { debug: { addr: `127.0.0.1:${debugPort}` } },
      sections: { database: { reserve: RESERVE_BYTES } },
    });
  }

  static async create(disk: SmallDisk, receiver: string): Promise<DiskRegistry> {
    return new DiskRegistry(disk, await freePort(), receiver);
  }

  override get data(): string {
    return this.disk.path;
  }

  override spawn(...args: readonly string[]): ChildProcess {
    const child = spawn(process.execPath, [...this.disk.preload, PROGRAM, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...this.disk.environment, DISK_FAULTS_RESERVE: String(RESERVE_BYTES) },
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.output += chunk.toString();
      });
    }
    return child;
  }

  async get(path: string): Promise<number> {
    const response = await fetch(`${this.url}${path}`);
    await response.arrayBuffer();
    return response.status;
  }

  async health(
    path = '/health',
  ): Promise<{ readonly status: number; readonly disk: DiskHealth; readonly pending: number }> {
    const response = await fetch(`${this.url}${path}`);
    const { details } = (await response.json()) as {
      details: { disk: DiskHealth; notifications?: { endpoints: Record<string, { Pending: number }> } };
    };
    return {
      status: response.status,
      disk: details.disk,
      pending: details.notifications?.endpoints['hook']?.Pending ?? 0,
    };
  }

  async metric(name: string): Promise<string | undefined> {
    const page = await (await fetch(`http://127.0.0.1:${this.debugPort}/metrics`)).text();
    return page
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.slice(name.length + 1);
  }

  /** Events that the endpoint has, as far as the database knows. */
  storedDeliveries(): number {
    const database = new DatabaseSync(`${this.data}/herald/herald.db`, { readOnly: true });
    try {
      const row = database.prepare("SELECT delivered FROM endpoints WHERE name = 'hook'").get();
      return Number(row?.['delivered']);
    } finally {
      database.close();
    }
  }
}
