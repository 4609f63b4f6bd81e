import type { AttemptResult } from '../delivery/attempt.js';
import { linesOf, type LineSettings } from './event-lines.js';
import type { LineFile } from './line-file.js';
import { Transport, type Envelope } from './transport.js';
import { UnderWay } from './under-way.js';

/** A file is nobody whom an event could make fail. */
export const NOT_WRITTEN: AttemptResult = { kind: 'unanswered', fault: 'file', sent: false, stale: false };

/** The event cannot be written as it is. */
export const TOO_LONG: AttemptResult = { kind: 'unanswered', fault: 'encode', sent: false, stale: false };

/** Appends events to a file, a line each. One envelope after another: lanes keep their order, and no line breaks into another. */
export class FileTransport extends Transport {
  readonly #underWay = new UnderWay();
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly file: LineFile,
    private readonly settings: LineSettings,
  ) {
    super();
  }

  override post(envelope: Envelope): Promise<AttemptResult> {
    const lines = linesOf(envelope, this.settings);
    if (lines === undefined) return Promise.resolve(TOO_LONG);
    return this.#underWay.run((signal) =>
      this.#inTurn(async () => {
        if (signal.aborted) return { kind: 'abandoned' };
        try {
          await this.file.append(lines);
          return { kind: 'taken' };
        } catch {
          return NOT_WRITTEN;
        }
      }),
    );
  }

  override close(): void {
    this.#underWay.abandon();
    this.reopen();
  }

  override reopen(): void {
    void this.#inTurn(() => this.file.close().catch(() => undefined));
  }

  /** @param work must not reject */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result;
    return result;
  }
}
