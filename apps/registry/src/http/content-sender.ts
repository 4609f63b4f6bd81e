import type { ServerResponse } from 'node:http';

/**
 * Writes pieces to the client at the client's speed. A piece is released only when the operating system has it, because the next one
 * is read into the same buffer.
 *
 * @returns bytes handed to the operating system; fewer than there are when the client went away
 */
export async function sendPieces(
  response: ServerResponse,
  pieces: AsyncIterable<Uint8Array>,
): Promise<number> {
  let sentBytes = 0;
  for await (const piece of pieces) {
    if (!(await written(response, piece))) return sentBytes;
    sentBytes += piece.length;
  }
  return sentBytes;
}

function written(response: ServerResponse, piece: Uint8Array): Promise<boolean> {
  if (response.destroyed) return Promise.resolve(false);
  return new Promise((resolve) => {
    const gone = () => resolve(false);
    response.once('close', gone);
    response.write(piece, (error) => {
      response.off('close', gone);
      resolve(!error);
    });
  });
}

/** Calls back once when the answer is over: sent to its end with the connection open, or cut off. */
export function whenOver(response: ServerResponse, callback: (sent: boolean) => void): void {
  let over = false;
  const once = (sent: boolean) => {
    if (over) return;
    over = true;
    callback(sent);
  };
  response.once('finish', () => once(!(response.socket?.destroyed ?? false)));
  response.once('close', () => once(response.writableFinished));
}
