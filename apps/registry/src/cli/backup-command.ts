import { resolve } from 'node:path';
import { parseDuration } from '../config/values/duration.js';

/** What of backups is asked for. */
export type BackupCommand =
  | { readonly does: 'make'; readonly directory: string; readonly holdSeconds: number | undefined }
  | { readonly does: 'release' };

const USAGE = 'backup takes a DIR with --hold DURATION, or release';

/** Reads the words behind `backup`. A text says what is wrong with them. */
export function parseBackup(words: readonly string[], hold: string | undefined): BackupCommand | string {
  const [word, ...more] = words;
  if (word === undefined || word === '' || more.length > 0) return USAGE;
  if (word === 'release') return hold === undefined ? { does: 'release' } : USAGE;
  const directory = resolve(word);
  if (hold === undefined) return { does: 'make', directory, holdSeconds: undefined };
  const reading = parseDuration(hold);
  if (!reading.ok) return `--hold takes a duration up to 720h, such as 36h: found ${JSON.stringify(hold)}`;
  return { does: 'make', directory, holdSeconds: Math.ceil(reading.ms / 1_000) };
}
