import { request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { RegistryProcess } from './registry-process.js';

/** What the admin API answered. */
export interface AdminAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The admin API of a process, over its socket. */
export class AdminClient {
  constructor(private readonly registry: RegistryProcess) {}

  async ask(method: 'GET' | 'POST' | 'DELETE', path: string): Promise<AdminAnswer> {
    const response = await this.open(method, path);
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
    const body = text === '' ? {} : (JSON.parse(text) as AdminAnswer['body']);
    return { status: response.statusCode ?? 0, body };
  }

  /** The answer as it comes. */
  open(method: string, path: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
    const socketPath = join(this.registry.data, 'herald', 'admin.sock');
    return new Promise((resolve, reject) => {
      request({ socketPath, method, path: `/admin/v1/${path}`, headers }, resolve)
        .on('error', reject)
        .end();
    });
  }
}
