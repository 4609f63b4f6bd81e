/** The figures of a page in Prometheus' text format, by name and labels. */
export class MetricsPage {
  readonly #values: ReadonlyMap<string, number>;

  constructor(readonly text: string) {
    const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    this.#values = new Map(samples.map(sampleOf));
  }

  /** @returns undefined when the page has no such figure */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    return this.#values.get(keyOf(name, Object.entries(labels)));
  }
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g;

function sampleOf(line: string): [key: string, value: number] {
  const [, name = '', labels = '', value = ''] = SAMPLE.exec(line) ?? [];
  if (name === '') throw new Error(`not a sample of Prometheus’ text format: ${line}`);
  const pairs = [...labels.matchAll(LABEL)].map(([, label = '', text = '']) => [label, text] as const);
  return [keyOf(name, pairs), Number(value)];
}

function keyOf(name: string, labels: readonly (readonly [string, string])[]): string {
  const sorted = labels.map(([label, text]) => `${label}=${text}`).toSorted();
  return `${name}{${sorted.join(',')}}`;
}
