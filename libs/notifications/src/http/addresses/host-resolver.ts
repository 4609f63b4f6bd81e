import { lookup } from 'node:dns/promises';
import { Injectable } from '@nestjs/common';

/** An address of a host. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** Finds the addresses of a host's name: tests put another in its place. */
export abstract class HostResolver {
  /**
   * All addresses, best first. The errors are those of `node:dns`.
   *
   * @param family 4 or 6 for addresses of that family alone, 0 for both
   */
  abstract resolve(hostname: string, family: 0 | 4 | 6): Promise<readonly ResolvedAddress[]>;
}

/** As the operating system resolves names: hosts file, search domains, DNS. */
@Injectable()
export class SystemHostResolver extends HostResolver {
  override resolve(hostname: string, family: 0 | 4 | 6): Promise<readonly ResolvedAddress[]> {
    return lookup(hostname, { all: true, family, order: 'verbatim' });
  }
}
