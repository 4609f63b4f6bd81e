import { adminAddress, secretText } from '../schema/kinds.js';
import { Key } from '../schema/section-schema.js';

/** `admin`: Herald's own. By default a socket in the data directory that only the program's user can open. */
export class AdminConfig {
  @Key(adminAddress())
  addr?: string;

  @Key(secretText('a text that administrators send as a bearer token'))
  token?: string;
}
