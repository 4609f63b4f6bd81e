import { createServer } from 'node:http';
import { once } from 'node:events';

/** Takes batches of CloudEvents, and knows what came twice or too early. It goes down and comes back at the same port. */
export class Receiver {
  #server;
  #port = 0;
  #last = new Map();
  #seen = new Set();
  #again = 0;
  #disordered = 0;

  static async start() {
    const receiver = new Receiver();
    await receiver.up();
    return receiver;
  }

  get url() {
    return `http://127.0.0.1:${this.#port}/hook`;
  }

  async up() {
    this.#server = createServer((request, response) => this.#take(request, response));
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = this.#server.address().port;
  }

  async down() {
    if (this.#server === undefined) return;
    const server = this.#server;
    this.#server = undefined;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  /** Nothing has arrived yet. */
  forget() {
    this.#last.clear();
    this.#seen.clear();
    this.#again = 0;
    this.#disordered = 0;
  }

  verdict() {
    return { arrived: this.#seen.size, again: this.#again, disordered: this.#disordered };
  }

  async #take(request, response) {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    for (const { id, data } of JSON.parse(body)) this.#note(id, data);
    response.end();
  }

  #note(id, { lane, n }) {
    if (this.#seen.has(id)) this.#again += 1;
    this.#seen.add(id);
    if (n !== (this.#last.get(lane) ?? 0) + 1) this.#disordered += 1;
    this.#last.set(lane, n);
  }
}
