/** Shortest secret that is looked for: shorter ones would blacken everything. */
const MIN_SECRET_LENGTH = 4;

/** Bytes of an answer that are kept. */
export const KEPT_BYTES = 1_024;

const BLACK = '[redacted]';

/** Shows what may be shown of an endpoint's answers: their text, with the secrets in it blackened. */
export class AnswerCensor {
  /** The longest first, so that a secret that is part of another leaves nothing of that. */
  readonly #secrets: readonly string[];

  constructor(secrets: readonly string[]) {
    const forms = new Set(secrets.flatMap(writtenForms));
    this.#secrets = [...forms]
      .filter(({ length }) => length >= MIN_SECRET_LENGTH)
      .toSorted((a, b) => b.length - a.length);
  }

  /**
   * @param kept the first bytes of the body, {@link KEPT_BYTES} of them where there were more
   * @param broken the body came to no end: it may break off within a secret
   */
  textOf(kept: Buffer, broken: boolean): string {
    if (kept.length === 0) return '';
    let text = kept.toString('utf8');
    for (const secret of this.#secrets) text = text.replaceAll(secret, BLACK);
    return broken || kept.length >= KEPT_BYTES ? this.#withoutBeginnings(text) : text;
  }

  /** Where the text was cut, a secret may have begun. Half of a character is no part of one. */
  #withoutBeginnings(text: string): string {
    const whole = text.replace(/\uFFFD+$/, '');
    const longest = Math.max(0, ...this.#secrets.map((secret) => beginningAtEnd(whole, secret)));
    return longest < MIN_SECRET_LENGTH ? text : whole.slice(0, -longest) + BLACK;
  }
}

/** Characters at the end of the text with which the secret begins. */
function beginningAtEnd(text: string, secret: string): number {
  let length = Math.min(secret.length - 1, text.length);
  while (length > 0 && !text.endsWith(secret.slice(0, length))) length -= 1;
  return length;
}

/** A text as servers write it into an answer: as it is, without percent-encoding, and within JSON, where some escape slashes. */
function writtenForms(text: string): readonly string[] {
  const plain = [text, percentDecoded(text)];
  const inJson = plain.map((each) => JSON.stringify(each).slice(1, -1));
  return [...plain, ...inJson, ...inJson.map((each) => each.replaceAll('/', String.raw`\/`))];
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A percent sign that encodes nothing stands for itself.
    return text;
  }
}
