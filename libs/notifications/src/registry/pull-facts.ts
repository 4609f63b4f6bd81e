import type { RepositoryName, Served } from '@herald/storage';
import type { RegistryEventDetail } from '../event/registry-event.js';
import type { Fact, FactContext } from './fact.js';
import { pulledManifest } from './manifest-facts.js';
import { contentTarget } from './targets.js';

/** The pull that a read was; `undefined` when it was none. */
export function factOfRead(
  repository: RepositoryName,
  served: Served,
  context: FactContext,
): Fact | undefined {
  if (!(context.asUpstream ? isUpstreamPull(served) : isPull(served))) return undefined;
  const { content } = served;
  const sent = sentDetail(served);
  if (content.kind === 'blob') {
    const target = contentTarget(context.urlBase, repository, 'blobs', content.blob);
    return { type: 'registry.blob.pull', target, detail: sent };
  }
  const { target, detail } = pulledManifest(repository, content.manifest, context);
  return {
    type: 'registry.manifest.pull',
    target: content.tag === undefined ? target : { ...target, tag: content.tag },
    detail: { ...detail, ...sent },
  };
}

/**
 * Somebody has the content now: a GET whose last byte is the content's, and was sent. Of a download in ranges that is the last one; a
 * look at the headers, an answer without content and a download that broke off are none.
 */
function isPull({ method, status, toTheEnd, aborted }: Served): boolean {
  return method === 'GET' && (status === 200 || status === 206) && toTheEnd && !aborted;
}

/** Distribution counts every look at a blob, whatever came of it, and every answer that had a manifest or could have had. */
function isUpstreamPull({ content, status }: Served): boolean {
  return content.kind === 'blob' ? [200, 206, 304, 416].includes(status) : status === 200;
}

function sentDetail({ status, bytesSent, durationMs }: Served): RegistryEventDetail {
  return { status, bytesSent, durationMs: Math.round(durationMs * 1000) / 1000 };
}
