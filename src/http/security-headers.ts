import type { FastifyHelmetOptions } from '@fastify/helmet';

/**
 * The headers of every answer. They never change, so they are written down instead of made for each request
 * (`@fastify/helmet` on all routes costs as much as signing a token).
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  // Answers hold tokens; a route whose answer may be kept says so itself.
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** What Swagger UI needs beyond that: its own files, inline styles, and images as `data:`. No inline script. */
export const DOCUMENTATION_POLICY: FastifyHelmetOptions = {
  strictTransportSecurity: { maxAge: 31_536_000, includeSubDomains: false },
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      'default-src': ["'self'"],
      'script-src': ["'self'"],
      'style-src': ["'self'", "'unsafe-inline'"],
      'img-src': ["'self'", 'data:'],
      'connect-src': ["'self'"],
      'object-src': ["'none'"],
      'base-uri': ["'self'"],
      'form-action': ["'self'"],
      'frame-ancestors': ["'none'"],
    },
  },
};
