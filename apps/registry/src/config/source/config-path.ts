/** Where a setting stands in the file: keys, and indexes of lists. */
export type ConfigPath = readonly (string | number)[];

/**
 * The path as people write it: `notifications.endpoints[0].url`.
 *
 * Only what looks like a key is shown: a slip of indentation can make a key of a token or a URL.
 */
export function formatPath(path: ConfigPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') {
      text += `[${step}]`;
    } else {
      text += `${text === '' ? '' : '.'}${showKey(step)}`;
    }
  }
  return text;
}

/** Whether `path` is `parent` or lies below it. */
export function isWithin(path: ConfigPath, parent: ConfigPath): boolean {
  return parent.every((step, index) => path[index] === step);
}

function showKey(key: string): string {
  return /^[\w.-]{1,64}$/.test(key) ? key : '(a key that is not shown)';
}
