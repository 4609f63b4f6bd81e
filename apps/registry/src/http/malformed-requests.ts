import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { errorBody } from './oci-error.filter.js';

/** What the parser of Node.js refuses, by its codes; anything else is no HTTP. */
const REFUSALS: Readonly<Record<string, readonly [status: number, message: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'the request did not come in time'],
  HPE_HEADER_OVERFLOW: [431, 'the headers of the request are too large'],
};
const NO_HTTP = [400, 'the request is not HTTP'] as const;

/**
 * Answers what never became a request, because it could not be read, in the specification's shape and with the headers of every other
 * answer. Nothing more can be read from the connection, so it ends.
 */
export function answerMalformed(
  headers: readonly (readonly [name: string, values: string | readonly string[]])[],
): (error: NodeJS.ErrnoException, socket: Socket) => void {
  const common = headers.flatMap(([name, values]) => [values].flat().map((value) => `${name}: ${value}\r\n`));
  return ({ code = '' }, socket) => {
    if (code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const [status, message] = REFUSALS[code] ?? NO_HTTP;
    const body = errorBody({ status, code: 'UNSUPPORTED', message });
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${common.join('')}Content-Type: application/json\r\n` +
        `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body.toString()}`,
    );
  };
}
