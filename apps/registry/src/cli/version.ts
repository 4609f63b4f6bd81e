import { HERALD_VERSION } from '@herald/notifications';

/** What `--version` prints. */
export const VERSION_LINE = `herald ${HERALD_VERSION}\n`;
