import type { DestinationStream } from 'pino';

/** How long in ms a line may wait for others. */
const LINGER_MS = 100;

/** Characters that are written at once, at the latest. */
const MAX_CHARACTERS = 16 * 1024;

/**
 * Gathers lines and writes them together: one system call for many requests. Lines that still wait are written before the process ends
 * by itself, and lost when it is killed.
 */
export class BufferedLines implements DestinationStream {
  #waiting = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly output: DestinationStream) {}

  write(line: string): void {
    this.#waiting += line;
    if (this.#waiting.length >= MAX_CHARACTERS) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), LINGER_MS);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = this.#waiting;
    this.#waiting = '';
    if (text !== '') this.output.write(text);
  }
}
