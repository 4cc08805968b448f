/** The headers of every response. */
const EVERYWHERE = {
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/**
 * The headers of every response that is not a page. They are constants, because `@fastify/helmet` computes
 * them for each request, which costs as much as signing a token.
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  ...EVERYWHERE,
  // Responses contain tokens; a route whose response may be cached sets this header itself.
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

/**
 * The headers of Swagger UI, which needs its own files, inline styles, and images as `data:`; no inline
 * script.
 */
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
