/**
 * How long to pause before the next attempt.
 *
 * @param failures consecutive failures so far, at least 1; each doubles the pause
 * @returns in the unit of the limits
 */
export function exponentialBackOff(
  failures: number,
  { first, longest }: { readonly first: number; readonly longest: number },
): number {
  return Math.min(longest, first * 2 ** (failures - 1));
}
