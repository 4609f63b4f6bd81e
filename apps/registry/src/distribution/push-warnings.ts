import { isNonDistributable, type Manifest } from '@herald/storage';

/**
 * What whoever pushes a manifest should know although it is accepted, as values of `Warning` headers. OCI distribution-spec, "Warnings":
 * code 299, no agent, no date. Of what was pushed nothing stands in them, so that they are short and need no quoting.
 */
export function pushWarnings({ references }: Manifest): readonly string[] {
  const elsewhere = references.filter(isNonDistributable).length;
  if (elsewhere === 0) return [];
  return [
    `299 - "non-distributable layers are deprecated: ${elsewhere} of this manifest need not be in this registry, and clients fetch them from their urls"`,
  ];
}
