import { execFileSync } from 'node:child_process';

/** Runs skopeo. Where it is missing, this fails: what it shows can be shown by nothing else. */
export function skopeo(...args: readonly string[]): string {
  return execFileSync('skopeo', ['--insecure-policy', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
