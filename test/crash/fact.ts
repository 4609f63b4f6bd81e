import type { RegistryEvent } from '@herald/notifications';

/** Something that happens in a repository, as a request means it and as an event tells it. */
export interface Fact {
  readonly action: 'push' | 'pull' | 'mount' | 'delete';
  readonly what: 'manifest' | 'blob' | 'tag';
  readonly repository: string;
  readonly digest?: string;
  readonly tag?: string;
  readonly from?: string;
}

const BLOB = 'application/octet-stream';

/** What an event tells. */
export function factOf({ action, target }: RegistryEvent): Fact {
  const { repository, digest, tag, fromRepository, mediaType } = target;
  return {
    action,
    what: digest === undefined ? 'tag' : mediaType === BLOB ? 'blob' : 'manifest',
    repository,
    ...(digest !== undefined && { digest }),
    ...(tag !== undefined && { tag }),
    ...(fromRepository !== undefined && { from: fromRepository }),
  };
}

/** Whether collection did it: nobody asked for what the event tells. */
export function isCollected({ action, request }: RegistryEvent): boolean {
  return action === 'delete' && request.id === '' && request.method === '' && request.useragent === '';
}

/**
 * The fact in words: two facts are the same exactly when their words are. A pull by tag is the same whatever the tag named, because
 * its client learns that only from the answer.
 */
export function wordsOf({ action, what, repository, digest, tag, from }: Fact): string {
  const named = tag === undefined || action !== 'pull' ? digest : undefined;
  const parts = [action, what, repository, named, tag === undefined ? undefined : `as ${tag}`];
  return [...parts, from === undefined ? undefined : `from ${from}`].filter(Boolean).join(' ');
}
