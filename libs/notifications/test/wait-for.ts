import { setTimeout as delay } from 'node:timers/promises';

/** Resolves when the condition holds; fails with what it gave last when it does not in time. */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 5_000 } = {},
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const result = await condition();
    if (result !== false && result !== null && result !== undefined) return result;
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${condition.toString()}`);
    await delay(2);
  }
}
