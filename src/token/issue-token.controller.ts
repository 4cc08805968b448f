import { Body, Controller, HttpCode, Optional, Post, Req } from '@nestjs/common';
import { ApiBasicAuth, ApiBody, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { AuditLog } from '../audit/audit-log.js';
import { describePolicy } from '../clients/describe-policy.js';
import type { Client } from '../clients/client.js';
import { type PolicyViolation, policyViolation } from '../clients/client-policy.js';
import { ClientRegistry } from '../clients/client-registry.js';
import { ApiError, unavailable } from '../server/api-error.js';
import { ApiErrorResponse, ApiErrors } from '../server/api-errors.decorator.js';
import { BodyPipe } from '../server/body.pipe.js';
import { FastRoute } from '../server/fast-routes.js';
import { UseHeaderGuard } from '../server/header-guards.js';
import type { NotIssued } from './issue-outcome.js';
import { IssueTokenRequestDto } from './dto/issue-token-request.dto.js';
import { type AdmittedRequest, CLIENT, TokenAccessGuard } from './token-access.guard.js';
import { TokenResponseDto, TokenRefusalDto } from './dto/token-response.dto.js';
import type { TokenRequest } from './token-request.js';
import { TokenService } from './token.service.js';

const STATUS: Readonly<Record<Exclude<NotIssued['code'], 'unavailable'>, number>> = {
  invalid_request: 400,
  invalid_target: 403,
  invalid_scope: 403,
  access_denied: 403,
};

const BODY = new BodyPipe(IssueTokenRequestDto);

/** The refusals of requests that exceed what the client may have. */
const VIOLATIONS: Readonly<Record<PolicyViolation, NotIssued>> = {
  audience: { code: 'invalid_target', reason: 'Audience not allowed' },
  subject: { code: 'access_denied', reason: 'Subject not allowed' },
  scope: { code: 'invalid_scope', reason: 'Scope not allowed' },
  claims: { code: 'invalid_request', reason: 'claims may hold only the names that the client may set' },
};

/** A client that authenticates by its own credentials uses the grant of RFC 6749 §4.4, on this route too. */
const NO_GRANT: NotIssued = { code: 'access_denied', reason: 'Grant type not allowed' };

/** `POST /token`: issues a token. */
@ApiTags('Tokens')
@ApiBasicAuth()
@Controller('token')
export class IssueTokenController {
  constructor(
    private readonly tokens: TokenService,
    private readonly audit: AuditLog,
    @Optional() private readonly clients?: ClientRegistry,
  ) {}

  @FastRoute<IssueTokenController>((controller, request) => controller.issue(request.body, request))
  @Post()
  @HttpCode(200)
  @UseHeaderGuard(TokenAccessGuard)
  @ApiOperation({ summary: 'Issue a token for a subject and an audience' })
  @ApiBody({ type: IssueTokenRequestDto })
  @ApiResponse({ status: 200, description: 'The token', type: TokenResponseDto })
  @ApiErrorResponse(
    'A field is missing or invalid; `error` names it',
    new ApiError(400, 'invalid_request', 'Missing required claims (sub, aud)'),
    TokenRefusalDto,
  )
  @ApiErrorResponse(
    'Client authentication failed',
    new ApiError(401, 'invalid_client', 'Client authentication failed'),
  )
  @ApiErrorResponse(
    'Audience, subject, scope or grant type not allowed',
    new ApiError(403, 'invalid_target', 'Audience not allowed', {
      hint: 'This client may request: audiences "logging-service"; scopes "logs:write"; subjects "worker", "user-*"; claims none.',
    }),
    TokenRefusalDto,
  )
  @ApiErrors(413, 415, 429, 500, 503)
  async issue(@Body() given: unknown, @Req() request: AdmittedRequest): Promise<TokenResponseDto> {
    const { [CLIENT]: client } = request;
    const body = this.read(given, client);
    const scope = body.scope === '' ? undefined : body.scope;
    const requested = { sub: body.sub, aud: body.aud, scope, client_id: client?.id };
    const outcome =
      this.refusalOf(body, scope, client) ?? (await this.tokens.issue(tokenRequest(body, scope, client)));
    if (outcome.code !== 'issued') {
      this.audit.record(request.id, { event: 'token.refused', code: outcome.code, ...requested });
      throw this.errorFor(outcome, client);
    }
    const { token, expiresIn, tokenId, algorithm } = outcome;
    this.audit.record(request.id, { event: 'token.issued', jti: tokenId, alg: algorithm, ...requested });
    return { token, token_type: 'Bearer', expires_in: expiresIn };
  }

  private errorFor({ code, reason }: NotIssued, client: Client | undefined): ApiError {
    if (code === 'unavailable') return unavailable(reason);
    return new ApiError(STATUS[code], code, reason, this.hintFor(client));
  }

  private read(given: unknown, client: Client | undefined): IssueTokenRequestDto {
    try {
      return BODY.transform(given);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      throw new ApiError(error.status, error.code, error.message, this.hintFor(client));
    }
  }

  /** Only an authenticated client learns what it may request. */
  private hintFor(client: Client | undefined): { readonly hint?: string } {
    return client ? { hint: describePolicy(client, this.tokens.ownAudience) } : {};
  }

  /**
   * @returns why the client may not have what it requests; `undefined` if it may, or if there is no client
   */
  private refusalOf(
    { sub, aud, claims }: IssueTokenRequestDto,
    scope: string | undefined,
    client: Client | undefined,
  ): NotIssued | undefined {
    if (!client) return undefined;
    if (!client.grantTypes.includes('client_credentials')) return NO_GRANT;
    const request = { subject: sub, audience: aud, scope, claims };
    const violation = policyViolation(client, request, (id) => this.clients?.isClient(id) ?? false);
    return violation && VIOLATIONS[violation];
  }
}

function tokenRequest(
  { sub, aud, expires_in, claims }: IssueTokenRequestDto,
  scope: string | undefined,
  client: Client | undefined,
): TokenRequest {
  return {
    subject: sub,
    audience: aud,
    ...(scope !== undefined && { scope }),
    ...(expires_in !== undefined && { lifetimeSeconds: expires_in }),
    ...(claims && { claims }),
    ...(client && { client }),
  };
}
