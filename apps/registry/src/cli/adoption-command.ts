/** What an operator does with the files of a registry that does not run. */
export type AdoptionCommand =
  | { readonly does: 'import'; readonly verify: boolean }
  | { readonly does: 'list-unreadable' }
  | { readonly does: 'export-links' }
  | { readonly does: 'verify'; readonly removeStrays: boolean };

/** The options that belong to one of these commands alone. */
export interface AdoptionFlags {
  readonly verify: boolean;
  readonly unreadable: boolean;
  readonly removeStrays: boolean;
}

export const ADOPTION_COMMANDS = ['import', 'export-links', 'verify'] as const;

/** Where each option belongs. */
const OWNERS: readonly (readonly [keyof AdoptionFlags, string, string])[] = [
  ['verify', '--verify', 'import'],
  ['unreadable', '--unreadable', 'import'],
  ['removeStrays', '--remove-strays', 'verify'],
];

/** An option that was given to a command that it does not belong to, as a sentence; `undefined` when there is none. */
export function misplacedAdoptionFlag(command: string | undefined, flags: AdoptionFlags): string | undefined {
  const misplaced = OWNERS.find(([flag, , owner]) => flags[flag] && owner !== command);
  return misplaced && `${misplaced[1]} belongs to ${misplaced[2]}`;
}

/** Reads the options of one of these commands. A text says what is wrong with them, `undefined` that it is another command. */
export function parseAdoptionCommand(
  command: string,
  { verify, unreadable, removeStrays }: AdoptionFlags,
): AdoptionCommand | string | undefined {
  switch (command) {
    case 'import':
      if (verify && unreadable) return '--unreadable only lists, and reads nothing that --verify could read';
      return unreadable ? { does: 'list-unreadable' } : { does: 'import', verify };
    case 'export-links':
      return { does: 'export-links' };
    case 'verify':
      return { does: 'verify', removeStrays };
    default:
      return undefined;
  }
}
