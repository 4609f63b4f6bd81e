/** Open files at once: the disk is busy with these, and no limit of the operating system is near. */
const AT_ONCE = 32;

/** Does something with every item, some of them at once. The first failure is thrown, when those that had begun are through. */
export async function sideBySide<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  // Shared by the workers: each takes what no other has taken.
  const left = [...items].values();
  const workers = Array.from({ length: AT_ONCE }, async () => {
    for (const item of left) await work(item);
  });
  const outcomes = await Promise.allSettled(workers);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** What {@link sideBySide} work makes of each item, in their order. */
export async function allOf<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const made: R[] = [];
  await sideBySide(items.entries(), async ([index, item]) => {
    made[index] = await work(item);
  });
  return made;
}
