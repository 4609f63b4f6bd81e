/** A webhook receiver as an author would write his first: it answers 200 and hands on every event of every envelope. */
import { createServer } from 'node:http';
import { once } from 'node:events';

export class Receiver {
  #events = [];
  #waiting = [];

  async start() {
    this.server = createServer((request, response) => {
      const chunks = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        const arrived = Date.now();
        const { events } = JSON.parse(Buffer.concat(chunks).toString());
        for (const event of events) this.#take(event, arrived);
        response.end();
      });
    });
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.url = `http://127.0.0.1:${this.server.address().port}/events`;
  }

  /** The first `count` events, as soon as they are there. */
  async first(count, timeoutMs) {
    const timeout = AbortSignal.timeout(timeoutMs);
    while (this.#events.length < count) {
      await new Promise((resolve, reject) => {
        this.#waiting.push(resolve);
        timeout.addEventListener('abort', () =>
          reject(new Error(`${this.#events.length} of ${count} events arrived within ${timeoutMs} ms`)),
        );
      });
    }
    return this.#events.slice(0, count);
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }

  #take(event, arrived) {
    const delayMs = Math.max(0, arrived - Date.parse(event.timestamp));
    this.#events.push(event);
    console.log(`  ${describe(event)}  after ${delayMs} ms`);
    for (const resume of this.#waiting.splice(0)) resume();
  }
}

function describe({ action, target }) {
  const what = target.tag === undefined ? target.digest.slice(0, 19) : `${target.repository}:${target.tag}`;
  const kind = target.mediaType === 'application/octet-stream' ? 'blob' : 'manifest';
  return `${action.padEnd(6)} ${kind.padEnd(8)} ${what.padEnd(24)} ${String(target.size).padStart(9)} bytes`;
}
