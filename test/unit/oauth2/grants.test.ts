import { setImmediate } from 'node:timers/promises';
import { Controller, Injectable, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ApiBody, ApiProperty, DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { AuditEvent } from '../../../src/audit/audit-log.js';
import { type Client, GRANT_TYPES } from '../../../src/clients/client.js';
import type { ClientRegistry } from '../../../src/clients/client-registry.js';
import { FormParameters } from '../../../src/encoding/form-urlencoded.js';
import type { ClientAuthentication } from '../../../src/oauth2/client-authentication.js';
import { type AccessTokenResponseDto, accessTokenRequest } from '../../../src/oauth2/dto/access-token.dto.js';
import type {
  Evidence,
  Grant,
  GrantClass,
  GrantContext,
  GrantDecision,
} from '../../../src/oauth2/grants/grant.js';
import { GrantTable } from '../../../src/oauth2/grants/grant-table.js';
import { GRANTS } from '../../../src/oauth2/grants/index.js';
import { MetadataController } from '../../../src/oauth2/metadata.controller.js';
import { OAuthError } from '../../../src/oauth2/oauth-error.js';
import { TokenEndpoint } from '../../../src/oauth2/token-endpoint.js';
import type { NotIssued } from '../../../src/token/issue-outcome.js';
import type { TokenRequest } from '../../../src/token/token-request.js';
import type { TokenService } from '../../../src/token/token.service.js';
import { IsPresent, Satisfies } from '../../../src/validation/rules.js';
import { clientOf } from '../../support/client-values.js';
import { testSettings } from '../../support/settings.js';

class TicketParameters {
  @ApiProperty({ example: 'user-42' })
  @Satisfies((value) => value !== 'torn', 'must be whole')
  @IsPresent({ message: 'ticket is missing' })
  ticket!: string;
}

const EVIDENCE: Evidence = {
  trustedIssuer: 'idp',
  actor: null,
  claims: {},
  expiresBy: undefined,
  scopes: undefined,
  audiences: undefined,
  refusal: () => new OAuthError('invalid_grant', 'The ticket is not accepted'),
};

/** Grants a token for the subject that the ticket names, after an asynchronous check. */
@Injectable()
class TicketGrant implements Grant<TicketParameters> {
  static readonly parameters = TicketParameters;

  async decide({ parameters: { ticket } }: GrantContext<TicketParameters>): Promise<GrantDecision> {
    await setImmediate();
    if (ticket === 'used') throw new OAuthError('invalid_grant', 'The ticket is used');
    return { subject: ticket, ...(ticket === 'evidence' && { evidence: EVIDENCE }) };
  }
}

const CLASSES: Readonly<Record<string, GrantClass>> = { ...GRANTS, 'urn:ticket': TicketGrant };

describe('a grant added to the table', () => {
  let issued: TokenRequest[];
  let events: AuditEvent[];
  let endpoint: TokenEndpoint;
  let registered: Client | undefined;
  let outcome: NotIssued | undefined;
  beforeEach(() => {
    issued = [];
    outcome = undefined;
    events = [];
    const client = clientOf({
      grantTypes: ['urn:ticket'],
      audiences: ['logging-service'],
      scopes: ['logs:read'],
      mayActFor: ['user-*'],
    });
    registered = client;
    const tokens = {
      issue: (request: TokenRequest) => {
        if (outcome) return outcome;
        issued.push(request);
        return { code: 'issued', token: 'a.b.c', tokenId: 'id', algorithm: 'ES256', expiresIn: 60 };
      },
    };
    endpoint = new TokenEndpoint(
      new GrantTable(
        CLASSES,
        Object.values(CLASSES).map((grantClass) => new grantClass()),
      ),
      { authenticate: () => client } as unknown as ClientAuthentication,
      { isClient: () => false, find: () => registered } as unknown as ClientRegistry,
      tokens as unknown as TokenService,
      { record: (_requestId, event) => events.push(event) },
    );
  });

  const ask = (parameters: Readonly<Record<string, string>>): Promise<AccessTokenResponseDto> =>
    endpoint.respond(new FormParameters(Object.entries({ grant_type: 'urn:ticket', ...parameters })), {
      requestId: 'r',
      address: '127.0.0.1',
      authorization: undefined,
    });

  it('decides the subject of the token asynchronously', async () => {
    const response = await ask({ ticket: 'user-42', scope: 'logs:read' });
    expect(response).toEqual({
      access_token: 'a.b.c',
      token_type: 'Bearer',
      expires_in: 60,
      scope: 'logs:read',
    });
    expect(issued).toMatchObject([{ subject: 'user-42', audience: 'logging-service', scope: 'logs:read' }]);
    expect(events).toMatchObject([{ event: 'token.issued', sub: 'user-42' }]);
  });

  it.each<[string, Partial<Client> | undefined, string]>([
    ['is deleted', undefined, 'invalid_client'],
    ['is disabled', { disabled: true }, 'invalid_client'],
    ['is replaced by another with its ID', { createdAt: 1 }, 'invalid_client'],
    ['loses the grant', { grantTypes: [] }, 'unauthorized_client'],
    ['loses the audience', { audiences: ['billing'], defaultAudience: null }, 'invalid_target'],
    ['loses the scope', { scopes: [] }, 'invalid_scope'],
    ['loses the subject', { mayActFor: [] }, 'invalid_grant'],
  ])('issues no token if the client %s while the grant decides', async (_name, change, code) => {
    const response = ask({ ticket: 'user-42', audience: 'logging-service', scope: 'logs:read' });
    registered = change && registered && { ...registered, ...change };
    await expect(response).rejects.toMatchObject({ code });
    expect(issued).toEqual([]);
    expect(events).toMatchObject([{ event: 'token.refused', code, sub: 'user-42' }]);
  });

  it('issues no token by evidence if the client is changed at all while the grant decides', async () => {
    const response = ask({ ticket: 'evidence' });
    registered = registered && { ...registered, name: 'Renamed' };
    await expect(response).rejects.toMatchObject({ code: 'invalid_grant' });
    expect(issued).toEqual([]);
  });

  it.each([
    ['evidence', 'invalid_grant', 'The ticket is not accepted'],
    ['user-42', 'invalid_request', 'expiresBy is in the past'],
  ])('refuses in its own words if the token cannot have what %s says', async (ticket, code, message) => {
    outcome = { code: 'invalid_request', reason: 'expiresBy is in the past' };
    await expect(ask({ ticket })).rejects.toMatchObject({ code, message });
    expect(events).toMatchObject([{ event: 'token.refused', code }]);
  });

  it('issues the token if the client is renamed while the grant decides', async () => {
    const response = ask({ ticket: 'user-42' });
    registered = registered && { ...registered, name: 'Renamed' };
    await expect(response).resolves.toMatchObject({ access_token: 'a.b.c' });
    expect(issued).toMatchObject([{ client: { name: 'Renamed' } }]);
  });

  it.each([
    ['without its parameter', {}, 'invalid_request', 'ticket is missing'],
    [
      'with a parameter that violates its rules',
      { ticket: 'torn' },
      'invalid_request',
      'ticket must be whole',
    ],
    ['that it rejects asynchronously', { ticket: 'used' }, 'invalid_grant', 'The ticket is used'],
    [
      'for an audience that the client does not have',
      { ticket: 'user-1', audience: 'x' },
      'invalid_target',
      'logging-service',
    ],
    [
      'for a scope that the client does not have',
      { ticket: 'user-1', scope: 'x' },
      'invalid_scope',
      'logs:read',
    ],
    ['for a subject that the client may not act for', { ticket: 'root' }, 'invalid_grant', 'subject'],
    [
      'with a grant type that the client may not use',
      { grant_type: 'client_credentials' },
      'unauthorized_client',
      'grant_type',
    ],
  ])('issues no token and audits token.refused for a request %s', async (_name, parameters, code, words) => {
    await expect(ask(parameters)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words),
    });
    expect(issued).toEqual([]);
    expect(events).toMatchObject([{ event: 'token.refused', code }]);
  });

  it('is listed in grant_types_supported of the metadata', () => {
    const table: Record<string, GrantClass> = GRANTS;
    table['urn:ticket'] = TicketGrant;
    const settings = testSettings({ issuer: 'https://id.example.com' });
    const metadata = new MetadataController(settings).authorizationServer();
    delete table['urn:ticket'];
    expect(metadata).toMatchObject({ grant_types_supported: [...GRANT_TYPES, 'urn:ticket'] });
  });

  it('is in the OpenAPI document, its parameters next to the common ones', async () => {
    @Controller()
    class Documented {
      @Post()
      @ApiBody({ type: accessTokenRequest(CLASSES) })
      grantToken(): void {
        // Documented only.
      }
    }
    @Module({ controllers: [Documented] })
    class DocumentedModule {}
    const app = await NestFactory.create(DocumentedModule, new FastifyAdapter(), { logger: false });
    const { components } = SwaggerModule.createDocument(app, new DocumentBuilder().build());
    await app.close();
    expect(components?.schemas?.['AccessTokenRequest']).toMatchObject({
      properties: {
        grant_type: { type: 'string', enum: [...GRANT_TYPES, 'urn:ticket'] },
        scope: { type: 'string' },
        audience: { type: 'string' },
        ticket: { type: 'string', example: 'user-42' },
      },
      required: ['grant_type'],
    });
  });
});
