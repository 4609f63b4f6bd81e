import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** A condition is waited for as long as a loaded machine may need, and not one second. */
const POLL = { timeout: 20_000, interval: 20 };

export default defineConfig({
  resolve: { tsconfigPaths: true },
  test: {
    // Without a number, a machine of two cores would run one file at a time, and most of them wait for processes.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    coverage: { include: ['{apps,libs}/**/src/**/*.ts'], exclude: ['**/*.spec.ts', '**/main.ts'] },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{apps,libs}/**/*.spec.ts'],
          setupFiles: ['test/setup.ts'],
          isolate: false,
          expect: { poll: POLL },
          // A shared machine may be slow for a moment; what hangs is found all the same.
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/**/*.e2e-spec.ts'],
          // The program is started a few hundred times: a third of what a start costs is compiling.
          env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'dist', '.compile-cache') },
          setupFiles: ['test/setup.ts'],
          expect: { poll: POLL },
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'clients',
          include: ['test/clients/**/*.clients-spec.ts'],
          setupFiles: ['test/setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
