import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from './connection.js';
import type { Finding } from './finding.js';
import type { Operator } from './operator.js';

/** How the comparison names itself to the registry: what it reads is none of the clients' doing. */
export const INSPECTOR = 'crash inspection';

/** How long the registry may take to deliver what is left. */
const DELIVERY_MS = 60_000;

/** Health is asked this often in a row before nothing is believed to be pending: events are counted a moment after their commit. */
const ANSWERS = 4;
const PAUSE_MS = 50;

/** Waits until health says that nothing is pending. @returns a finding when it goes on saying something else */
export async function untilDelivered(connection: Connection): Promise<Finding[]> {
  const deadline = performance.now() + DELIVERY_MS;
  for (let answers = 0; answers < ANSWERS;) {
    const health = await connection.send({ method: 'GET', path: '/health' }, INSPECTOR);
    const text = health?.body.toString() ?? '{}';
    answers = pendingOf(text) === 0 ? answers + 1 : 0;
    if (performance.now() > deadline) return [{ kind: 'undelivered', what: `still pending: ${text}` }];
    await sleep(PAUSE_MS);
  }
  return [];
}

interface Health {
  readonly details?: {
    readonly notifications?: { readonly endpoints: Readonly<Record<string, { readonly Pending: number }>> };
  };
}

function pendingOf(health: string): number | undefined {
  const { details } = JSON.parse(health) as Health;
  const endpoints = details?.notifications && Object.values(details.notifications.endpoints);
  return endpoints?.reduce((sum, { Pending }) => sum + Pending, 0);
}

/** Waits until no replay waits or runs. @returns a finding when one goes on */
export async function untilReplayed(operator: Operator): Promise<Finding[]> {
  const deadline = performance.now() + DELIVERY_MS;
  while (!(await operator.hasReplayed())) {
    if (performance.now() > deadline) return [{ kind: 'undelivered', what: 'a replay does not end' }];
    await sleep(PAUSE_MS);
  }
  return [];
}
