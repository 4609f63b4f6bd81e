/** The middle value; undefined when one is missing. */
export function median(values) {
  if (values.length === 0 || values.includes(undefined)) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

export function figure(value) {
  if (value === undefined) return '–';
  return Math.round(value) >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(1);
}

/** A table in Markdown. */
export function table(title, head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [`## ${title}`, '', line(head), line(head.map(() => '---')), ...rows.map(line), ''].join('\n');
}
