import { compileExpression } from '@herald/notifications';
import type { ReferencePolicy } from '@herald/storage';

import type { IndexesConfig, UrlsConfig, ValidationConfig } from './sections/validation.config.js';

/** Longest URL of a layer that is looked at, in characters. */
const LONGEST_URL = 2_048;

/**
 * What of a manifest's references has to be there, and from where layers may be fetched. `disabled` switches off what upstream's does:
 * its own keys. Whether the blobs of an image are there it looks all the same, and so that is for `blobs` alone to say.
 */
export function compileValidation({ disabled, manifests }: ValidationConfig): ReferencePolicy {
  const blobs = manifests.blobs === 'all' ? 'required' : 'optional';
  if (disabled) {
    return { blobs, children: 'optional' };
  }
  const isAllowedUrl = compileUrls(manifests.urls);
  return { blobs, children: compileChildren(manifests.indexes), ...(isAllowedUrl && { isAllowedUrl }) };
}

function compileChildren({ platforms, platformlist }: IndexesConfig): ReferencePolicy['children'] {
  const whole = { all: 'required', none: 'optional' } as const;
  return platforms === 'list'
    ? platformlist.map(({ architecture, os }) => ({ architecture, os }))
    : whole[platforms];
}

/** As upstream judges: http or https without a fragment, denied by none, and allowed by one where there are any. */
function compileUrls({ allow, deny }: UrlsConfig): ((url: string) => boolean) | undefined {
  if (allow.length === 0 && deny.length === 0) {
    return undefined;
  }
  const [allowing, denying] = [allow.map(compileExpression), deny.map(compileExpression)];
  return (url) =>
    isPlain(url) &&
    !denying.some((matches) => matches(url)) &&
    (allowing.length === 0 || allowing.some((matches) => matches(url)));
}

function isPlain(url: string): boolean {
  return url.length <= LONGEST_URL && /^https?:\/\/[^/?#]+[^#]*$/i.test(url);
}
