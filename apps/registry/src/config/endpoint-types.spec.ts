import { describe, expect, it } from 'vitest';

import { ConfigError, describeFault } from './config.error.js';
import { loadConfig } from './load-config.js';

const AT = 'notifications.endpoints[0]';

function faultsOf(...endpoints: readonly string[]): readonly string[] {
  const text = `version: 0.1\nstorage: {filesystem: {}}\nnotifications: {endpoints: [${endpoints.join(', ')}]}`;
  try {
    loadConfig({ path: 'config.yml', environment: {}, readFile: () => text });
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.map(describeFault);
    throw error;
  }
  return [];
}

describe('the type of an endpoint', () => {
  it.each([
    [
      'a file without its path',
      '{name: a, type: file}',
      `${AT}.path (line 3): found nothing; expected the path of a file`,
    ],
    [
      'a header of a file',
      '{name: a, type: file, path: /x, headers: {A: [hunter2]}}',
      `${AT}.headers (line 3): found a setting; expected none: it is for endpoints of the type webhook`,
    ],
    [
      'a path of a webhook',
      '{name: a, url: "http://a", path: /hunter2}',
      `${AT}.path (line 3): found a setting; expected none: it is for endpoints of the type file`,
    ],
    [
      'a line that no event fits in',
      '{name: a, type: stdout, maxline: 12}',
      `${AT}.maxline (line 3): found a smaller one; expected a size such as 16KiB or 64KB, at least 1024, at most 16777216 bytes`,
    ],
    [
      'a type of no one',
      '{name: a, type: files, path: /x}',
      `${AT}.type (line 3): found another word; expected one of webhook, file, stdout (did you mean file?)`,
    ],
  ])('stops the start with %s', (_what, endpoint, fault) => {
    expect(faultsOf(endpoint)).toEqual([fault]);
  });

  it('gives each file to one endpoint', () => {
    expect(faultsOf('{name: a, type: file, path: /x/y}', '{name: b, type: file, path: /x/./y}')).toEqual([
      `notifications.endpoints[1].path (line 3): found the file of another endpoint; expected a file of its own; ${AT} has this one`,
    ]);
  });
});
