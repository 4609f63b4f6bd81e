import { request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { AdminAnswers, type AdminApi } from './admin-answers.js';
import type { RegistryProcess } from './registry-process.js';

/** What the admin API answered. */
export interface AdminAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The admin API of a process, over its socket. It holds every answer against the description that the program gives of itself. */
export class AdminClient {
  #answers: AdminAnswers | undefined;

  constructor(private readonly registry: RegistryProcess) {}

  async ask(method: 'GET' | 'POST' | 'DELETE', path: string): Promise<AdminAnswer> {
    const response = await this.open(method, path);
    const status = response.statusCode ?? 0;
    const text = await textOf(response);
    const answers = await this.#described();
    answers.judge({ method, path: `/admin/v1/${path.replace(/\?.*/, '')}`, status, body: text });
    return { status, body: text === '' ? {} : (JSON.parse(text) as AdminAnswer['body']) };
  }

  /** The description of the admin API. */
  async description(): Promise<AdminApi> {
    return JSON.parse(await textOf(await this.#send('GET', '/openapi.json'))) as AdminApi;
  }

  /** The answer as it comes. */
  open(method: string, path: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
    return this.#send(method, `/admin/v1/${path}`, headers);
  }

  async #described(): Promise<AdminAnswers> {
    this.#answers ??= new AdminAnswers(await this.description());
    return this.#answers;
  }

  #send(method: string, path: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
    const socketPath = join(this.registry.data, 'herald', 'admin.sock');
    return new Promise((resolve, reject) => {
      request({ socketPath, method, path, headers }, resolve).on('error', reject).end();
    });
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
  return text;
}
