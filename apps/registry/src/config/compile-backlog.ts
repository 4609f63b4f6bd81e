import type { BacklogOptions } from '@herald/notifications';

import type { EndpointBacklogConfig } from './sections/backlog.config.js';
import { parseByteSize } from './values/byte-size.js';

/** A bound on backlog in the library's names; what is not set is left out. */
export function compileBacklog({ maxevents, maxbytes, onlimit }: EndpointBacklogConfig): BacklogOptions {
  return {
    ...(maxevents !== undefined && { maxEvents: maxevents }),
    ...(maxbytes !== undefined && { maxBytes: parseByteSize(maxbytes) ?? Number.NaN }),
    ...(onlimit !== undefined && { onLimit: onlimit }),
  };
}
