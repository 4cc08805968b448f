/**
 * Whether `If-None-Match` names a tag, by the weak comparison that it asks for (RFC 9110 §13.1.2).
 *
 * @param ifNoneMatch the header as received
 */
export function namesEntityTag(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(',').some((each) => {
    const tag = each.trim();
    return tag === '*' || tag.replace(/^W\//, '') === etag;
  });
}
