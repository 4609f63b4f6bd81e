import { isDigest, isDigestAlgorithm, type Digest } from '../repository/digest.js';
import { isRepositoryName, type RepositoryName } from '../repository/repository-name.js';
import { isTag } from '../repository/tag.js';
import { linkPath, type Link } from './volume-layout.js';
import { placeAfter, unreadable, VolumeWalk, type Finding, type Place } from './volume-walk.js';

const TOP = 'repositories';

/**
 * The places of the links of all repositories, sorted, behind a path that was done: of each repository its layers, its revisions, its
 * tags, and then the repositories below it. Whether there is a link in such a place is not looked at: a delete leaves the directory.
 */
export function repositoryLinks(volume: string, cursor = ''): AsyncGenerator<Finding> {
  return new RepositoryWalk(volume).below(placeAfter(TOP, cursor));
}

class RepositoryWalk {
  readonly #walk: VolumeWalk;

  constructor(volume: string) {
    this.#walk = new VolumeWalk(volume);
  }

  /** Everything in a directory that is a repository, a part of its name, or both. */
  below(place: Place, repository?: RepositoryName): AsyncGenerator<Finding> {
    return this.#walk.directories(place, (name, inside) => {
      if (repository !== undefined && name.startsWith('_')) return this.#part(name, inside, repository);
      const full = inside.path.slice(TOP.length + 1);
      if (isRepositoryName(full)) return this.below(inside, full);
      return [unreadable(inside.path, 'bad-name', 'this is not the name of a repository')];
    });
  }

  #part(name: string, inside: Place, repository: RepositoryName): AsyncIterable<Finding> | Iterable<Finding> {
    switch (name) {
      case '_layers':
        return this.#digests(inside, (digest) => ({ kind: 'layer', repository, digest }));
      case '_manifests':
        return this.#manifests(inside, repository);
      case '_uploads':
        return this.#walk.directories(inside, (_, { path }) => [{ is: 'ignored', path, what: 'upload' }]);
      default:
        return [unexpected(inside.path)];
    }
  }

  #manifests(place: Place, repository: RepositoryName): AsyncIterable<Finding> {
    return this.#walk.directories(place, (name, inside) => {
      if (name === 'revisions') {
        return this.#digests(inside, (digest) => ({ kind: 'revision', repository, digest }));
      }
      return name === 'tags' ? this.#tags(inside, repository) : [unexpected(inside.path)];
    });
  }

  #digests(place: Place, linkOf: (digest: Digest) => Link): AsyncIterable<Finding> {
    return this.#walk.directories(place, (algorithm, inside) => {
      if (!isDigestAlgorithm(algorithm)) {
        return [unreadable(inside.path, 'bad-digest', 'the algorithm is not known here')];
      }
      return this.#walk.directories(inside, (hex, { path }) => {
        const digest = `${algorithm}:${hex}`;
        if (!isDigest(digest))
          return [unreadable(path, 'bad-digest', 'the name of the directory is not a digest')];
        return [linkFinding(linkOf(digest))];
      });
    });
  }

  #tags(place: Place, repository: RepositoryName): AsyncIterable<Finding> {
    return this.#walk.directories(place, (tag, { path }) => {
      if (!isTag(tag)) return [unreadable(path, 'bad-name', 'this is not the name of a tag')];
      return [linkFinding({ kind: 'tag', repository, tag })];
    });
  }
}

function linkFinding(link: Link): Finding {
  return { is: 'link', path: linkPath(link), link };
}

function unexpected(path: string): Finding {
  return unreadable(path, 'unexpected', 'nothing of this name belongs here');
}
