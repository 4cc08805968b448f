import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { ADMINISTRATION_SCOPE } from './administration/administration-options.js';
import type { Settings } from './config/settings.js';
import { TokenService } from './token/token.service.js';
import { VERSION } from './version.js';

/** Serves Swagger UI at `/docs` and the document behind it at `/openapi.json`. */
export function serveDocumentation(app: INestApplication, settings: Settings): void {
  const document = describeApi(app, settings.basePath);
  SwaggerModule.setup('docs', app, document, {
    useGlobalPrefix: true,
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'identity-backend',
    swaggerOptions: { displayRequestDuration: true },
    ...(settings.tokenEndpointAuth === 'none' && {
      patchDocumentOnRequest: (_request, _response, served) => withFreshToken(served, app.get(TokenService)),
    }),
  });
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

/** Where anyone may ask for a token, the example of `/verify` is one that was made just now, so that it verifies. */
function withFreshToken(document: OpenAPIObject, tokens: TokenService): OpenAPIObject {
  const outcome = tokens.issue({ subject: 'user-42', audience: 'logging-service' });
  if (outcome instanceof Promise || outcome.code !== 'issued') return document;
  const served = structuredClone(document);
  const schema = served.components?.schemas?.['VerifyRequest'];
  const token = schema && 'properties' in schema ? schema.properties?.['token'] : undefined;
  if (token && !('$ref' in token)) token.example = outcome.token;
  return served;
}
