import type { Readable } from 'node:stream';
import type { Answer, Cut } from '../delivery/attempt.js';

/** Bytes of an answer that are kept. */
const KEPT_BYTES = 1_024;

/** Bytes of an answer that are read, so that the connection can be used again. Beyond them it is closed. */
const READ_BYTES = 64 * 1_024;

/** Shortest secret that is looked for: shorter ones would blacken everything. */
const MIN_SECRET_LENGTH = 4;

/**
 * The first bytes of an answer's body, with the secrets in it blackened. Never fails: what the status says stands, whatever becomes of
 * the body. An endless body is cut; one that trickles ends with the request's deadline.
 *
 * @param deadline aborted when the time is up
 */
export async function answerText(
  body: Readable,
  secrets: readonly string[],
  deadline: AbortSignal,
): Promise<Pick<Answer, 'text' | 'cut'>> {
  const kept: Buffer[] = [];
  let keptBytes = 0;
  let readBytes = 0;
  let cut: Cut | undefined;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      readBytes += chunk.length;
      if (keptBytes < KEPT_BYTES) {
        kept.push(chunk.subarray(0, KEPT_BYTES - keptBytes));
        keptBytes += Math.min(chunk.length, KEPT_BYTES - keptBytes);
      }
      if (readBytes > READ_BYTES) {
        cut = 'size';
        break;
      }
    }
  } catch {
    cut = deadline.aborted ? 'time' : 'lost';
  }
  return { text: blacken(Buffer.concat(kept).toString('utf8'), secrets), ...(cut !== undefined && { cut }) };
}

function blacken(text: string, secrets: readonly string[]): string {
  let blackened = text;
  for (const secret of secrets) {
    if (secret.length >= MIN_SECRET_LENGTH) blackened = blackened.replaceAll(secret, '[redacted]');
  }
  return blackened;
}
