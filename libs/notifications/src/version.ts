/** Version of Herald, as `package.json` has it (a test compares them). */
export const HERALD_VERSION = '0.1.0';

/** What Herald calls itself to endpoints. */
export const HERALD_USER_AGENT = `Herald/${HERALD_VERSION}`;
