import { counted } from './amounts.js';
import { ask, itemsOf, say, text, type Item, type Operation } from './ask.js';

/** Has the running server read its configuration again, and tells what became of each endpoint. */
export async function reload(operation: Operation): Promise<void> {
  const answer = await ask(operation, 'POST', 'reload');
  say(operation, answer, reloadText(answer));
}

function reloadText(answer: Item): string {
  const names = ['added', 'resumed', 'detached', 'disabled', 'unchanged'].flatMap((what) => {
    const list = answer[what];
    return Array.isArray(list) && list.length > 0 ? [`${what}: ${list.map(text).join(', ')}\n`] : [];
  });
  const changed = itemsOf(answer, 'changed').map(({ name, released, gained }) => {
    const filter = `, ${counted(Number(released), 'pending event')} released, ${text(gained)} more sent`;
    return `changed: ${text(name)}${released === undefined ? '' : filter}\n`;
  });
  const restart = (answer['needRestart'] as readonly unknown[]).map(
    (key) => `needs a restart: ${text(key)}\n`,
  );
  return ['reloaded\n', ...names, ...changed, ...restart].join('');
}
