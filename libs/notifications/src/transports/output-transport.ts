import type { Writable } from 'node:stream';
import type { AttemptResult } from '../delivery/attempt.js';
import { linesOf, type LineSettings } from './event-lines.js';
import { NOT_WRITTEN, TOO_LONG } from './file-transport.js';
import { Transport, type Envelope } from './transport.js';
import { UnderWay } from './under-way.js';

/** Writes events to an output of the process, a line each. Taken is what the operating system took. */
export class OutputTransport extends Transport {
  readonly #underWay = new UnderWay();
  /** Every failure is told by the write that met it; unheard it would end the process. */
  readonly #onError = (): void => undefined;

  constructor(
    private readonly output: Writable,
    private readonly settings: LineSettings,
  ) {
    super();
    output.on('error', this.#onError);
  }

  override post(envelope: Envelope): Promise<AttemptResult> {
    const lines = linesOf(envelope, this.settings);
    if (lines === undefined) return Promise.resolve(TOO_LONG);
    return this.#underWay.run(
      () =>
        new Promise((resolve) => {
          this.output.write(lines, (error) => resolve(error ? NOT_WRITTEN : { kind: 'taken' }));
        }),
    );
  }

  override close(): void {
    this.#underWay.abandon();
    this.output.off('error', this.#onError);
  }
}
