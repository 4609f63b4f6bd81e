import { fork } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/** The other side of `receiver.mjs`. */
export class ReceiverProcess {
  #child = fork(new URL('receiver.mjs', import.meta.url));
  #waiting = new Map();
  #last = 0;
  #port = 0;

  constructor() {
    this.#child.on('message', ({ id, result, error }) => {
      const { resolve, reject } = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) resolve(result);
      else reject(new Error(error));
    });
  }

  get url() {
    return `http://127.0.0.1:${this.#port}/hook`;
  }

  /** Begins to listen, always on the same port. */
  async up(answerAfterMs) {
    this.#port = await this.#ask('up', { port: this.#port, answerAfterMs });
  }

  /** Connections are refused from now on. */
  down() {
    return this.#ask('down');
  }

  /** What came since the last report, in figures. */
  report() {
    return this.#ask('report');
  }

  /** When each event came first at each path, as [digest, ns]; instead of a report. */
  async arrivals() {
    const arrivals = await this.#ask('arrivals');
    return arrivals.map(([digest, at]) => [digest, BigInt(at)]);
  }

  /** Resolves when so many events arrived since the last report. */
  async arrived(events, timeoutMs = 600_000) {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const count = await this.#ask('count');
      if (count >= events) return;
      if (performance.now() > deadline) throw new Error(`${count} of ${events} events arrived in time`);
      await sleep(20);
    }
  }

  close() {
    this.#child.disconnect();
  }

  #ask(command, settings = {}) {
    const id = (this.#last += 1);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, command, ...settings });
    });
  }
}
