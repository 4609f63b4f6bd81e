import { describe, expect, it } from 'vitest';
import { collectGarbage, type CollectCommand } from './collect-garbage.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const COUNTS = { examined: 9, manifests: 0, blobs: 60, contents: 1, contentBytes: 2_048 };
const removals = Array.from({ length: 60 }, () => ({
  kind: 'blob',
  repository: 'team/app',
  digest: DIGEST,
  sizeBytes: 7,
}));

/** Runs the command against answers of the admin API, in their order. */
async function collecting(
  command: Partial<CollectCommand>,
  answers: readonly [number, object][],
  json = false,
) {
  const asked: string[] = [];
  let [stdout, stderr, at] = ['', '', 0];
  const code = await collectGarbage(
    { dryRun: false, force: false, ...command },
    {
      request: async (method, path) => {
        asked.push(`${method} ${path}`);
        const [status, body] = answers[at++] ?? [500, {}];
        return { status, body: JSON.stringify(body) };
      },
      output: { stdout: (text) => (stdout += text), stderr: (text) => (stderr += text) },
      json,
      pause: async () => true,
    },
  );
  return { code, stdout, stderr, asked };
}

describe('herald gc', () => {
  it('waits for the end, and says what is gone', async () => {
    const outcome = await collecting({ force: true }, [
      [202, { state: 'running', examined: 1 }],
      [200, { state: 'running', examined: 2 }],
      [200, { state: 'completed', ...COUNTS, removals }],
    ]);
    expect(outcome).toMatchObject({
      code: 0,
      asked: ['POST /admin/v1/gc?dryRun=false&force=true', 'GET /admin/v1/gc', 'GET /admin/v1/gc'],
      stdout: 'removed 0 manifests, 60 blobs from repositories, and 1 content: 2.0 KiB\n',
    });
  });

  it('lists some of what would go, and says how much more it is', async () => {
    const { stdout } = await collecting({ dryRun: true }, [
      [202, { state: 'completed', ...COUNTS, removals }],
    ]);
    expect(stdout).toMatch(/^WHAT +REPOSITORY +DIGEST +BYTES\nblob +team\/app +sha256:a{64} +7\n/);
    expect(stdout).toContain('\nand 11 more\nwould remove 0 manifests');
  });

  it('gives programs all of it', async () => {
    const status = { state: 'completed', ...COUNTS, removals };
    const { stdout } = await collecting({}, [[202, status]], true);
    expect(JSON.parse(stdout)).toEqual(status);
  });

  it('says why nothing was collected, or not all', async () => {
    const errors = [{ code: 'CONFLICT', message: 'a collection is running already' }];
    await expect(collecting({}, [[409, { errors }]])).resolves.toMatchObject({
      code: 5,
      stderr: 'herald: nothing was collected: a collection is running already\n',
    });
    await expect(collecting({}, [[202, { state: 'stopped', ...COUNTS }]])).resolves.toMatchObject({
      code: 5,
      stderr: expect.stringContaining('it was stopped') as string,
    });
  });
});
