import { Body, Controller, HttpCode, Inject, Post, Req, UseGuards } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { AuditLog } from '../audit/audit-log.js';
import { ApiError } from '../http/api-error.js';
import { ApiErrors } from '../http/api-errors.decorator.js';
import { BodyPipe } from '../http/body.pipe.js';
import { ErrorDocument } from '../http/error.document.js';
import type { NotIssued } from './issue-outcome.js';
import { IssueTokenBody } from './issue-token.body.js';
import { TokenAccessGuard } from './token-access.guard.js';
import { TokenDocument } from './token.document.js';
import { TokenService } from './token.service.js';

const STATUS: Readonly<Record<NotIssued['code'], number>> = {
  invalid_request: 400,
  invalid_target: 403,
  invalid_scope: 403,
  access_denied: 403,
};

/** `POST /token`: issues a token. */
@ApiTags('Tokens')
@Controller('token')
export class IssueController {
  constructor(
    @Inject(TokenService) private readonly tokens: TokenService,
    @Inject(AuditLog) private readonly audit: AuditLog,
  ) {}

  @Post()
  @HttpCode(200)
  @UseGuards(TokenAccessGuard)
  @ApiOperation({ summary: 'Issue a token for a subject and an audience' })
  @ApiBody({ type: IssueTokenBody })
  @ApiResponse({ status: 200, description: 'The token', type: TokenDocument })
  @ApiResponse({
    status: 400,
    description: 'A member is missing or wrong; `error` names it',
    type: ErrorDocument,
  })
  @ApiResponse({ status: 401, description: 'Client authentication failed', type: ErrorDocument })
  @ApiResponse({ status: 403, description: 'Audience, subject or scope not allowed', type: ErrorDocument })
  @ApiErrors(413, 415, 500)
  issue(
    @Body(new BodyPipe(IssueTokenBody)) body: IssueTokenBody,
    @Req() request: { id: string },
  ): TokenDocument {
    const { sub, aud, scope, expires_in, claims } = body;
    const outcome = this.tokens.issue({
      subject: sub,
      audience: aud,
      ...(scope && { scope }),
      ...(expires_in !== undefined && { lifetimeSeconds: expires_in }),
      ...(claims && { claims }),
    });
    if (outcome.code !== 'issued') {
      this.audit.record(request.id, { event: 'token.refused', code: outcome.code, sub, aud });
      throw new ApiError(STATUS[outcome.code], outcome.code, outcome.reason);
    }
    this.audit.record(request.id, { event: 'token.issued', jti: outcome.tokenId, sub, aud, scope });
    return { token: outcome.token, token_type: 'Bearer', expires_in: outcome.expiresIn };
  }
}
