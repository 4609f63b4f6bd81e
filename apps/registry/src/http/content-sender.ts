import type { ServerResponse } from 'node:http';

/**
 * Writes pieces to the client at the client's speed. A piece is released only when the operating system has it, because the next one
 * is read into the same buffer. The answer ends with its last byte, and not when the source has come to its end: a client that has all
 * of it may ask for something else meanwhile, and what it has must be known before that.
 *
 * @param lengthBytes of all pieces together; the answer is left open when there are fewer
 * @param onWritten called with the number of bytes that the operating system has, after each piece
 * @returns that number; less than the length when the client went away
 */
export async function sendPieces(
  response: ServerResponse,
  pieces: AsyncIterable<Uint8Array>,
  lengthBytes: number,
  onWritten: (sentBytes: number) => void = () => undefined,
): Promise<number> {
  if (lengthBytes === 0) response.end();
  let sentBytes = 0;
  for await (const piece of pieces) {
    const isLast = sentBytes + piece.length === lengthBytes;
    if (!(await written(response, piece, isLast))) return sentBytes;
    sentBytes += piece.length;
    onWritten(sentBytes);
  }
  return sentBytes;
}

function written(response: ServerResponse, piece: Uint8Array, isLast: boolean): Promise<boolean> {
  if (response.destroyed) return Promise.resolve(false);
  return new Promise((resolve) => {
    const gone = () => resolve(false);
    response.once('close', gone);
    const taken = (error?: Error | null) => {
      response.off('close', gone);
      resolve(!error);
    };
    if (isLast) response.end(piece, taken);
    else response.write(piece, taken);
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
