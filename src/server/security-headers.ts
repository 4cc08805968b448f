/** Of every answer, whatever it holds. */
const EVERYWHERE = {
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/**
 * The headers of every answer. They never change, so they are written down: `@fastify/helmet` makes them anew for each
 * request, which costs as much as signing a token, and more than that where it is registered for a few routes alone.
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  ...EVERYWHERE,
  // Answers hold tokens; a route whose answer may be kept says so itself.
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

/** Those of Swagger UI, which needs its own files, inline styles, and images as `data:`. No inline script. */
export const DOCUMENTATION_HEADERS: Readonly<Record<string, string>> = {
  ...EVERYWHERE,
  'content-security-policy': [
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
};
