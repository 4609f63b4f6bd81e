const INDENT = '   ';

/** Strings, brackets and separators of compact JSON; what is left are numbers, true, false and null. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^"{}[\],:]+/g;

/** What Go's encoder writes otherwise than JavaScript's, in a string with its escapes. */
const DIFFERENT = /\\(?:u[0-9a-f]{4}|.)|[<>&\u2028\u2029]/g;

const LONE_SURROGATE = /^\\ud[89a-f]/;

/**
 * Compact JSON as Distribution writes it: Go's `json.MarshalIndent` with three spaces, its escapes of HTML, and no newline at the end.
 * It works on the text, so that keys keep their order and numbers their digits.
 */
export function upstreamLayout(json: string): string {
  let text = '';
  let depth = 0;
  let previous = '';
  for (const [token] of json.matchAll(TOKEN)) {
    const closes = token === '}' || token === ']';
    if (closes) depth -= 1;
    // An empty object or array stays on its line.
    const breaks = previous === ',' || opens(previous) ? !(closes && opens(previous)) : closes;
    if (breaks) text += `\n${INDENT.repeat(depth)}`;
    text += written(token);
    if (opens(token)) depth += 1;
    previous = token;
  }
  return text;
}

function opens(token: string): boolean {
  return token === '{' || token === '[';
}

function written(token: string): string {
  if (token === ':') return ': ';
  return token.startsWith('"') ? token.replaceAll(DIFFERENT, asGo) : token;
}

function asGo(found: string): string {
  if (found === '\\b') return '\\u0008';
  if (found === '\\f') return '\\u000c';
  // Half a surrogate pair: Go reads it as U+FFFD.
  if (LONE_SURROGATE.test(found)) return '\uFFFD';
  if (found.startsWith('\\')) return found;
  return `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
