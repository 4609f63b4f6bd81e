/**
 * - `lost` an acknowledged change, or one that is served, has no event
 * - `phantom` an event tells what did not happen
 * - `misordered` events of a repository arrived in another order than the one in which the changes were committed
 * - `unreadable` what an event says was pushed cannot be fetched, and nothing deleted it
 * - `undelivered` an event is in the log and did not reach the receiver
 * - `leftover` something temporary stays for ever
 * - `corrupt` the database is not what it should be
 * - `unexplained` the registry died by itself, or gave an answer that nothing explains
 */
export const FINDING_KINDS = [
  'lost',
  'phantom',
  'misordered',
  'unreadable',
  'undelivered',
  'leftover',
  'corrupt',
  'unexplained',
] as const;

export type FindingKind = (typeof FINDING_KINDS)[number];

/** Something that one of the guarantees rules out. */
export interface Finding {
  readonly kind: FindingKind;
  readonly what: string;
}
