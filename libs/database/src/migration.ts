/** A step of one library's schema. Applied once, in order, each in a transaction; a published one is never changed. */
export interface Migration {
  /** The library whose tables these are: each library counts its own versions. */
  readonly library: string;
  /** 1, 2, 3, … without gaps within the library. */
  readonly version: number;
  readonly sql: string;
}
