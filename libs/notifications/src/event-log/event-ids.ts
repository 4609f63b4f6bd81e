import { Injectable } from '@nestjs/common';
import { v7 } from 'uuid';

/** Where the ids of events come from. */
export abstract class EventIds {
  /** A new id, greater than every one before it in this process. */
  abstract next(): string;
}

/** UUIDv7 (RFC 9562 §5.7): unique everywhere, and in the order of time. */
@Injectable()
export class UuidEventIds extends EventIds {
  override next(): string {
    return v7();
  }
}
