/** The word that was probably meant: the nearest one, when it is near enough. Case does not count. */
export function closestTo(word: string, candidates: Iterable<string>): string | undefined {
  let closest: string | undefined;
  let least = Math.min(3, Math.max(1, Math.floor(word.length / 3)) + 1);
  for (const candidate of candidates) {
    const distance = editDistance(word.slice(0, 64).toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      least = distance;
      closest = candidate;
    }
  }
  return closest;
}

/** The fewest letters to insert, remove, replace or swap with their neighbour (optimal string alignment). */
function editDistance(from: string, to: string): number {
  let rowBefore: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let line = 0; line < from.length; line += 1) {
    const next = [line + 1];
    for (let column = 0; column < to.length; column += 1) {
      const isSwap = line > 0 && column > 0 && from[line] === to[column - 1] && from[line - 1] === to[column];
      const replaced = at(row, column) + (from[line] === to[column] ? 0 : 1);
      const swapped = isSwap ? at(rowBefore, column - 1) + 1 : Infinity;
      next.push(Math.min(replaced, swapped, at(row, column + 1) + 1, at(next, column) + 1));
    }
    rowBefore = row;
    row = next;
  }
  return at(row, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
