import { StorageError } from './storage.error.js';

declare const brand: unique symbol;

/** Name of a repository by the grammar of the OCI distribution specification; it may contain slashes. */
export type RepositoryName = string & { readonly [brand]: 'RepositoryName' };

const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const NAME = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);

/** Many clients allow 255 characters for host and name together. */
const MAX_LENGTH = 255;

export function isRepositoryName(text: string): text is RepositoryName {
  // The length first: the pattern must not be run over what a client made arbitrarily long.
  return text.length <= MAX_LENGTH && NAME.test(text);
}

/** @throws StorageError `NAME_INVALID` */
export function parseRepositoryName(text: string): RepositoryName {
  if (isRepositoryName(text)) return text;
  throw new StorageError(
    'NAME_INVALID',
    `a repository name is at most ${MAX_LENGTH} characters: lower-case letters and digits, separated by single . or -, _ or __, in parts separated by /`,
  );
}
