import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { RegistryProcess } from '../support/registry-process.js';

const PROGRAM = 'dist/apps/registry/src/main.js';
const CRASH_POINTS = fileURLToPath(new URL('./crash-points.ts', import.meta.url));
const UNSYNCED = fileURLToPath(new URL('./unsynced.ts', import.meta.url));

/** Characters of the program's output that are kept: the last ones tell why it died. */
const MOST_OUTPUT = 64 * 1024;

/** One run of the program. */
export interface Run {
  /** When it serves, or has ended before it did. */
  readonly ready: Promise<'serving' | 'ended'>;
  /** When it is gone, and by which signal. */
  readonly ended: Promise<NodeJS.Signals | null>;
}

/** The built program, which may be killed at any moment, from its first instruction on. */
export class KillableRegistry extends RegistryProcess {
  #spawned: PromiseWithResolvers<ChildProcess> = Promise.withResolvers();
  #crashPoint: string | undefined;

  /** @param recorded it writes down what it has synced: see unsynced.ts */
  constructor(private readonly recorded = false) {
    super();
  }

  /** @param crashPoint where the process kills itself: `<name>:<how often it gets there>`, see crash-points.ts */
  async launch(crashPoint?: string): Promise<Run> {
    this.#crashPoint = crashPoint;
    this.#spawned = Promise.withResolvers();
    // The start of a process that was killed goes on asking until the next one answers: nobody listens to that any more.
    const started = this.start().then(
      () => 'serving' as const,
      () => 'ended' as const,
    );
    const child = await this.#spawned.promise;
    const ended = new Promise<NodeJS.Signals | null>((resolve) => {
      child.once('exit', (_code, signal) => resolve(signal));
    });
    return { ready: Promise.race([started, ended.then(() => 'ended' as const)]), ended };
  }

  override spawn(...args: readonly string[]): ChildProcess {
    const preload = [
      ...(this.#crashPoint === undefined ? [] : ['--import', CRASH_POINTS]),
      ...(this.recorded ? ['--import', UNSYNCED] : []),
    ];
    const child = spawn(process.execPath, [...preload, PROGRAM, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        CRASH_POINT: this.#crashPoint,
        CRASH_DATABASE: this.database,
        POWER_RECORD: this.record,
      },
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.output = (this.output + chunk.toString()).slice(-MOST_OUTPUT);
      });
    }
    this.#spawned.resolve(child);
    return child;
  }

  /** What was synced and what was not, by unsynced.ts. */
  get record(): string {
    return `${this.directory}/unsynced`;
  }

  get database(): string {
    return `${this.data}/herald/herald.db`;
  }
}
