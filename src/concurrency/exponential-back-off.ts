/**
 * How long to pause before the next attempt.
 *
 * @param failures consecutive failures so far, at least 1; each doubles the pause
 * @returns the pause, in the unit of `first` and `longest`
 */
export function exponentialBackOff(
  failures: number,
  { first, longest }: { readonly first: number; readonly longest: number },
): number {
  return Math.min(longest, first * 2 ** (failures - 1));
}
