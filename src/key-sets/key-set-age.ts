const DEFAULT_SECONDS = 300;
const LEAST_SECONDS = 60;
const MOST_SECONDS = 3600;

/**
 * How long a key set counts as fresh: what the issuer says by `Cache-Control: max-age` (RFC 9111 §5.2.2.1), within
 * bounds, so that it can neither make this service ask at each request nor keep a withdrawn key alive for long.
 *
 * @param cacheControl the header, where there is one
 * @returns seconds, 60 to 3600; 300 where nothing is said
 */
export function keySetAge(cacheControl: string | null): number {
  const seconds = /(?:^|[\s,])max-age="?(\d+)/i.exec(cacheControl ?? '')?.[1];
  return Math.min(
    MOST_SECONDS,
    Math.max(LEAST_SECONDS, seconds === undefined ? DEFAULT_SECONDS : Number(seconds)),
  );
}
