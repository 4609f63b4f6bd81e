import { counted } from './amounts.js';
import { ask, Refused, say, text, type Operation } from './ask.js';
import { Progress } from './progress.js';

/** s that a drain may take when nothing else is said. */
const DEFAULT_TIMEOUT_S = 60;

/**
 * `herald endpoints drain NAME`: has sent what is pending now, and waits until the endpoint has it. What comes meanwhile is not waited for.
 *
 * @throws Refused also when the time is over; the endpoint goes on then
 */
export async function drain(
  operation: Operation,
  endpoint: string,
  timeoutSeconds = DEFAULT_TIMEOUT_S,
  now: () => number = () => performance.now(),
): Promise<void> {
  const path = `endpoints/${encodeURIComponent(endpoint)}`;
  const { upTo } = await ask(operation, 'POST', `${path}/drain`);
  const progress = new Progress(operation.output.stderr);
  const deadlineMs = now() + timeoutSeconds * 1_000;
  for (;;) {
    const { cursor, Pending: pending, state } = await ask(operation, 'GET', path);
    if (Number(cursor) >= Number(upTo)) {
      say(operation, { endpoint, upTo, drained: true }, `${endpoint} has everything up to ${text(upTo)}\n`);
      return;
    }
    if (state !== 'active') throw new Refused(`${endpoint} is ${text(state)}: it was not drained`);
    progress.report(
      Number(cursor),
      `${counted(Number(pending), 'event is', 'events are')} pending, done up to ${text(cursor)} of ${text(upTo)}`,
    );
    if (now() >= deadlineMs || !(await operation.pause())) {
      throw new Refused(
        `${endpoint} was not drained within ${timeoutSeconds} s: ${counted(Number(pending), 'event is', 'events are')} pending; herald endpoints show ${endpoint} says why`,
      );
    }
  }
}
