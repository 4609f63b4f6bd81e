/** Shortest secret that is looked for: shorter ones would blacken everything. */
const MIN_SECRET_LENGTH = 4;

/** What may be shown of an answer's body: its text, with the secrets in it blackened. */
export function answerText(body: Buffer, secrets: readonly string[]): string {
  if (body.length === 0) return '';
  let blackened = body.toString('utf8');
  for (const secret of secrets) {
    if (secret.length >= MIN_SECRET_LENGTH) blackened = blackened.replaceAll(secret, '[redacted]');
  }
  return blackened;
}
