import { Agent, request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** A whole answer: its body came to the end. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** An answer that does not come within this time in ms never comes. */
const PATIENCE_MS = 20_000;

/** HTTP over connections that are kept open. A request is sent once and never repeated behind the caller's back. */
export class Connection {
  readonly #agent: Agent;
  readonly #socketPath: string | undefined;

  /** @param socketPath a Unix socket to connect to, whatever the origin says */
  constructor(
    private readonly origin: string,
    { maxSockets = 1, socketPath }: { readonly maxSockets?: number; readonly socketPath?: string } = {},
  ) {
    this.#agent = new Agent({ keepAlive: true, maxSockets });
    this.#socketPath = socketPath;
  }

  /** Resolves with undefined when no whole answer came. */
  send({ method, path, headers = {}, body }: Request, userAgent: string): Promise<Answer | undefined> {
    const url = new URL(path, this.origin);
    const all = { ...headers, 'user-agent': userAgent, 'content-length': String(body?.length ?? 0) };
    return new Promise((resolve) => {
      const unanswered = () => resolve(undefined);
      const options = { method, headers: all, agent: this.#agent, socketPath: this.#socketPath };
      const outgoing = request(url, options, (response) => {
        void read(response).then(resolve, unanswered);
      });
      outgoing.on('error', unanswered);
      outgoing.setTimeout(PATIENCE_MS, () => outgoing.destroy());
      outgoing.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

async function read(response: IncomingMessage): Promise<Answer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of response) chunks.push(chunk as Uint8Array);
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) };
}
