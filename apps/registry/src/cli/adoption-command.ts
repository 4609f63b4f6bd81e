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
