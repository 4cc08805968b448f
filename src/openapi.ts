import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { FastifyInstance } from 'fastify';
import { ADMIN_SCOPE } from './admin/admin-route.decorator.js';
import type { ServerSettings } from './config/namespaces.js';
import { openModules } from './server/closed-routes.js';
import { memoryFile, serveFromMemory } from './server/in-memory-file.js';
import { DOCUMENTATION_HEADERS, SECURITY_HEADERS } from './server/security-headers.js';
import { swaggerUiFiles } from './server/swagger-ui.js';
import { baseUrlOf, pathOf, publishedUrls } from './published-urls.js';
import { VERSION } from './version.js';

/** The settings that determine the URLs of the routes. */
export type DocumentedSettings = Pick<ServerSettings, 'basePath' | 'issuer' | 'publicUrl'>;

/**
 * Serves Swagger UI at `/docs` and its document at `/openapi.json`, both from memory: `SwaggerModule.setup`
 * would open a file and serialize the document for each request.
 */
export function serveDocumentation(
  fastify: FastifyInstance,
  app: INestApplication,
  settings: DocumentedSettings,
): void {
  const { basePath } = settings;
  const document = memoryFile(JSON.stringify(describeApi(app, settings)), 'application/json; charset=utf-8');
  serveFromMemory(fastify, `${basePath}/openapi.json`, document, SECURITY_HEADERS);
  for (const [path, file] of swaggerUiFiles('identity-backend')) {
    serveFromMemory(fastify, `${basePath}/docs${path}`, file, DOCUMENTATION_HEADERS);
  }
}

/** The OpenAPI document of the running application. */
function describeApi(app: INestApplication, settings: DocumentedSettings): OpenAPIObject {
  const paths = pathsOf(settings);
  const builder = new DocumentBuilder()
    .setTitle('identity-backend')
    .setDescription('Issues and verifies JWTs between services.')
    .setVersion(VERSION)
    .addBasicAuth({ type: 'http', scheme: 'basic', description: 'Client ID and client secret' })
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An access token of an administrator' })
    .addOAuth2({
      type: 'oauth2',
      description: 'Requests an access token of an administrator with client ID and client secret',
      flows: {
        clientCredentials: {
          tokenUrl: publishedUrls(paths[0] ?? '').tokenEndpoint,
          scopes: { [ADMIN_SCOPE]: 'Administer clients' },
        },
      },
    });
  if (paths.length > 1 || paths[0] !== '') for (const path of paths) builder.addServer(path || '/');
  return SwaggerModule.createDocument(app, builder.build(), {
    include: openModules(app),
    ignoreGlobalPrefix: true,
    autoTagControllers: false,
    operationIdFactory: (_controller, method) => method,
  });
}

/**
 * @returns the path prefixes of the routes. The first is the one at which browsers reach the service: behind
 *   a proxy that strips a path, the path of PUBLIC_URL. Without PUBLIC_URL, `publicUrl` is the issuer, which
 *   need not be the URL of the service, so its path is not used.
 */
function pathsOf({ basePath, issuer, publicUrl }: DocumentedSettings): string[] {
  const isGiven = publicUrl !== undefined && publicUrl !== baseUrlOf(issuer);
  return [...new Set([isGiven ? pathOf(publicUrl) : basePath, basePath])];
}
