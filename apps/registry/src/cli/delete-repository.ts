import type { AdminRequest } from './admin-client.js';
import { EXIT_CODE } from './exit-code.js';

/** Where a command writes. */
export interface Output {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
}

/** `herald repositories delete NAME`. Resolves with the exit code. */
export async function deleteRepository(request: AdminRequest, name: string, output: Output): Promise<number> {
  const { status, body } = await request('DELETE', `/admin/v1/repositories/${encodeURIComponent(name)}`);
  if (status === 204) {
    output.stdout(`deleted the repository ${name}\n`);
    return EXIT_CODE.ok;
  }
  output.stderr(`herald: ${name} was not deleted: ${reasonOf(body)}\n`);
  return EXIT_CODE.refused;
}

/** The message of an answer in the registry's error shape. */
export function reasonOf(body: string): string {
  try {
    const { errors } = JSON.parse(body) as { errors?: readonly { message?: string }[] };
    return errors?.[0]?.message ?? 'the server gave no reason';
  } catch {
    return 'the server gave no reason';
  }
}
