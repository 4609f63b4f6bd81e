import { compileFilter, type EndpointOptions, FilterError } from '@herald/notifications';

import { compileSelection } from './compile-endpoint.js';
import type { Mismatch } from './schema/value-kind.js';
import type { RegistryFile } from './sections/registry-file.config.js';
import type { SelectionConfig } from './sections/selection.config.js';
import type { ConfigPath } from './source/config-path.js';

type Report = (path: ConfigPath, mismatch: Mismatch) => void;

/** Reports every pattern and word of the endpoints' filters that cannot be compiled, each by itself. */
export function checkFilters({ notifications }: RegistryFile, report: Report): void {
  for (const [index, endpoint] of notifications.endpoints.entries()) {
    for (const rule of ['only', 'except'] as const) {
      const selections = endpoint?.[rule];
      const path = ['notifications', 'endpoints', index, rule];
      if (Array.isArray(selections)) {
        tryFilter(selections.length === 0 ? [] : undefined, path, report);
        for (const [place, selection] of selections.entries()) {
          checkSelection(selection, [...path, place], report);
        }
      } else if (selections !== undefined) {
        checkSelection(selections, path, report);
      }
    }
  }
}

function checkSelection(selection: SelectionConfig | undefined, path: ConfigPath, report: Report): void {
  const fields = Object.entries(selection ?? {}).filter(([, values]) => values !== undefined);
  if (fields.length === 0) {
    tryFilter({}, path, report);
  }
  for (const [field, values] of fields as [keyof SelectionConfig, unknown][]) {
    if (!Array.isArray(values) || values.length === 0) {
      tryFilter(compileSelection({ [field]: values }), [...path, field], report);
      continue;
    }
    for (const [place, value] of values.entries()) {
      tryFilter(compileSelection({ [field]: [value] }), [...path, field, place], report);
    }
  }
}

function tryFilter(only: EndpointOptions['only'], path: ConfigPath, report: Report): void {
  try {
    compileFilter({ only });
  } catch (error) {
    if (!(error instanceof FilterError)) {
      throw error;
    }
    report(path, { expected: `a filter that can be compiled: ${error.reason}`, found: 'one that cannot' });
  }
}
