import { isDigest } from '../repository/digest.js';
import { placeAfter, unreadable, VolumeWalk, type Finding, type Place } from './volume-walk.js';

/** Where the files of blobs are. */
const TOP = 'blobs';

/**
 * The places of blobs' files, sorted, behind a path that was done. Whether there is a file in such a place is not looked at. Files
 * that are named by another algorithm than sha256 are not listed: only manifests have such, and are found by their links.
 */
export function blobFiles(volume: string, cursor = ''): AsyncGenerator<Finding> {
  const walk = new VolumeWalk(volume);
  return walk.directories(placeAfter(TOP, cursor), (algorithm, inside) => {
    if (algorithm === 'sha256') return walk.directories(inside, prefixed(walk));
    if (algorithm === 'sha512') return [];
    return [unreadable(inside.path, 'bad-digest', 'the algorithm is not known here')];
  });
}

/** The directories of one prefix, the first two digits of the digests in it. */
function prefixed(walk: VolumeWalk): (prefix: string, inside: Place) => AsyncIterable<Finding> {
  return (prefix, inside) => walk.directories(inside, (hex, { path }) => [blobAt(prefix, hex, path)]);
}

function blobAt(prefix: string, hex: string, path: string): Finding {
  const digest = `sha256:${hex}`;
  if (!isDigest(digest) || !hex.startsWith(prefix) || prefix.length !== 2) {
    return unreadable(path, 'bad-digest', 'the name of the directory is not a digest in its place');
  }
  return { is: 'blob', path: `${path}/data`, digest };
}
