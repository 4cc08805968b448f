import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { FastifyInstance } from 'fastify';
import { ADMINISTRATION_SCOPE } from './administration/administration-options.js';
import { memoryFile, serveFromMemory } from './http/memory-file.js';
import { DOCUMENTATION_HEADERS, SECURITY_HEADERS } from './http/security-headers.js';
import { swaggerUiFiles } from './http/swagger-ui.js';
import { VERSION } from './version.js';

/**
 * Serves Swagger UI at `/docs` and the document behind it at `/openapi.json`, both from memory: `SwaggerModule.setup` would
 * open a file for each request, and write the document again for each.
 */
export function serveDocumentation(fastify: FastifyInstance, app: INestApplication, basePath: string): void {
  const document = memoryFile(JSON.stringify(describeApi(app, basePath)), 'application/json; charset=utf-8');
  serveFromMemory(fastify, `${basePath}/openapi.json`, document, SECURITY_HEADERS);
  for (const [path, file] of swaggerUiFiles('identity-backend')) {
    serveFromMemory(fastify, `${basePath}/docs${path}`, file, DOCUMENTATION_HEADERS);
  }
}

/** The OpenAPI document of the running application. */
export function describeApi(app: INestApplication, basePath: string): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setTitle('identity-backend')
    .setDescription('Issues and verifies JWTs between services.')
    .setVersion(VERSION)
    .addBasicAuth({ type: 'http', scheme: 'basic', description: 'Client id and client secret' })
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An access token of an administrator' })
    .addOAuth2({
      type: 'oauth2',
      description: 'Asks for an access token of an administrator by client id and client secret',
      flows: {
        clientCredentials: {
          tokenUrl: `${basePath}/oauth2/token`,
          scopes: { [ADMINISTRATION_SCOPE]: 'Administer clients' },
        },
      },
    });
  if (basePath !== '') builder.addServer(basePath);
  return SwaggerModule.createDocument(app, builder.build(), {
    ignoreGlobalPrefix: true,
    autoTagControllers: false,
    operationIdFactory: (_controller, method) => method,
  });
}
