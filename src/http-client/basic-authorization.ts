/**
 * The value of an Authorization header for HTTP Basic. The ID and the secret are form-encoded before they are
 * joined (RFC 6749 §2.3.1), so that either may contain a colon or non-ASCII characters.
 */
export function basicAuthorization(clientId: string, clientSecret: string): string {
  return `Basic ${Buffer.from(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`).toString('base64')}`;
}

function formEncoded(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice('='.length);
}
