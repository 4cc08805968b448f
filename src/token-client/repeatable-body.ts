/**
 * Whether a body can be sent again: it is none, a text, bytes, or an object that holds its content. A stream
 * and an iterator cannot.
 */
export function isRepeatableBody(body: unknown): boolean {
  return (
    body === null ||
    body === undefined ||
    typeof body === 'string' ||
    body instanceof ArrayBuffer ||
    ArrayBuffer.isView(body) ||
    [URLSearchParams, FormData, Blob].some((type) => body instanceof type)
  );
}
