import type { FastifyInstance } from 'fastify';
import { OAuthError } from './oauth-error.js';

/**
 * Adds the authorization endpoint (RFC 6749 §3.1), which the metadata names because some clients refuse
 * metadata without it. The service has no users and no response types: every request is refused before its
 * parameters are read, and none is redirected.
 */
export function refuseAuthorization(fastify: FastifyInstance, basePath: string): void {
  const refuse = (): never => {
    throw new OAuthError(
      'unsupported_response_type',
      'No response_type is supported: ask for a token at the token endpoint',
    );
  };
  fastify.route({
    method: ['GET', 'POST'],
    url: `${basePath}/oauth2/authorize`,
    config: { form: true },
    onRequest: refuse,
    handler: refuse,
  });
}
