import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { sendPieces, whenOver } from './content-sender.js';

const PIECE = Buffer.alloc(1024 * 1024, 'p');

/** Serves one request by `handler`, and lets `client` talk to it. */
async function serving(
  handler: (response: ServerResponse) => Promise<void>,
  client: (response: IncomingMessage) => Promise<void>,
): Promise<void> {
  const server = createServer((_request, response) => void handler(response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const request = get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  await client(response);
  server.closeAllConnections();
  server.close();
}

describe('sendPieces', () => {
  it('hands over every piece, and the answer is over with the connection open', async () => {
    const over = Promise.withResolvers<boolean>();
    let received = 0;
    await serving(
      async (response) => {
        whenOver(response, over.resolve);
        const sent = sendPieces(response, pieces(20), 20 * PIECE.length);
        await expect(sent).resolves.toBe(20 * PIECE.length);
      },
      async (response) => {
        for await (const chunk of response) received += (chunk as Buffer).length;
      },
    );
    expect(received).toBe(20 * PIECE.length);
    await expect(over.promise).resolves.toBe(true);
  });

  it('knows that a client has all before that client can ask for more, however long the source takes to end', async () => {
    const over = Promise.withResolvers<boolean>();
    async function* slowToEnd() {
      yield* pieces(2);
      await over.promise;
    }
    const sent = Promise.withResolvers<number>();
    await serving(
      async (response) => {
        whenOver(response, over.resolve);
        sent.resolve(await sendPieces(response, slowToEnd(), 2 * PIECE.length));
      },
      async (response) => {
        for await (const _chunk of response);
      },
    );
    await expect(over.promise).resolves.toBe(true);
    await expect(sent.promise).resolves.toBe(2 * PIECE.length);
  });

  it('stops reading when the client is gone, and says so', async () => {
    const over = Promise.withResolvers<boolean>();
    const sent = Promise.withResolvers<number>();
    let taken = 0;
    async function* endless() {
      for (;;) {
        taken += 1;
        yield PIECE;
      }
    }
    await serving(
      async (response) => {
        whenOver(response, over.resolve);
        sent.resolve(await sendPieces(response, endless(), Infinity));
      },
      async (response) => {
        await once(response, 'data');
        response.destroy();
        await expect(over.promise).resolves.toBe(false);
        await expect(sent.promise).resolves.toBeLessThanOrEqual(taken * PIECE.length);
      },
    );
  });
});

async function* pieces(count: number) {
  for (let index = 0; index < count; index += 1) yield PIECE;
}
