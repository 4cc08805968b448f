const DEFAULT_SECONDS = 300;
const LEAST_SECONDS = 60;
const MOST_SECONDS = 3600;

/**
 * How long a key set is fresh: the issuer's `Cache-Control: max-age` (RFC 9111 §5.2.2.1), within bounds, so
 * that it can neither cause a fetch for every request nor keep a revoked key in use for long.
 *
 * @param cacheControl the header, if present
 * @returns seconds, 60 to 3600; 300 without `max-age`
 */
export function keySetAge(cacheControl: string | null): number {
  const seconds = /(?:^|[\s,])max-age="?(\d+)/i.exec(cacheControl ?? '')?.[1];
  return Math.min(
    MOST_SECONDS,
    Math.max(LEAST_SECONDS, seconds === undefined ? DEFAULT_SECONDS : Number(seconds)),
  );
}
