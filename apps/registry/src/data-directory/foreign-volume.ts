import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** A volume that Distribution wrote, and that Herald has never seen. */
export class ForeignVolume extends Error {
  override readonly name = 'ForeignVolume';
  readonly code = 'FOREIGN_VOLUME';

  constructor(directory: string) {
    super(
      `${directory} holds the repositories of another registry (docker/registry/v2/repositories) and Herald has no database for them. ` +
        'Run herald import to adopt them in place, without copying a blob. ' +
        'To start with no repositories beside them, add --ignore-existing',
    );
  }
}

/** Stops before a new, empty database would hide the repositories that are there. @throws ForeignVolume */
export function refuseForeignVolume(rootDirectory: string, databasePath: string): void {
  if (existsSync(databasePath)) return;
  if (existsSync(join(rootDirectory, 'docker', 'registry', 'v2', 'repositories'))) {
    throw new ForeignVolume(rootDirectory);
  }
}
