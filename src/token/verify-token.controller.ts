import { Body, Controller, HttpCode, Post, Res } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ApiErrors } from '../server/api-errors.decorator.js';
import { BodyPipe } from '../server/body.pipe.js';
import { FastRoute } from '../server/fast-routes.js';
import { REFUSAL_MESSAGES, type VerificationResult } from '../jwt/verification-result.js';
import { IncompleteRequestDto, InvalidTokenDto, ValidTokenDto } from './dto/token-response.dto.js';
import { TokenService } from './token.service.js';
import { VerificationLog } from './verification-log.js';
import { VerifyTokenRequestDto } from './dto/verify-token-request.dto.js';

const BODY = new BodyPipe(VerifyTokenRequestDto, { valid: false });

/** `POST /verify`: says whether a token is valid, and if not, why. */
@ApiTags('Tokens')
@Controller('verify')
export class VerifyTokenController {
  constructor(
    private readonly tokens: TokenService,
    private readonly log: VerificationLog,
  ) {}

  @FastRoute<VerifyTokenController>((controller, request, reply) => controller.verify(request.body, reply))
  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Verify a token for an audience' })
  @ApiBody({ type: VerifyTokenRequestDto })
  @ApiResponse({ status: 200, description: 'The token is valid', type: ValidTokenDto })
  @ApiResponse({
    status: 400,
    description: '`token` or `aud` is missing; or the body is not JSON, and the response has no `valid`',
    type: IncompleteRequestDto,
  })
  @ApiResponse({
    status: 401,
    description: 'The token is not valid; `hint` says what to do',
    type: InvalidTokenDto,
  })
  @ApiErrors(413, 415, 429, 500)
  verify(
    // Not typed as a class: a global ValidationPipe of another application would validate and convert it.
    @Body() given: unknown,
    @Res({ passthrough: true }) response: { status(code: number): unknown },
  ): ValidTokenDto | InvalidTokenDto {
    const { token, aud } = BODY.transform(given);
    const result = this.tokens.verify({ token, audience: aud });
    this.log.record(result.code);
    return result.code === 'valid' ? { valid: true, claims: result.claims } : refusal(result, response);
  }
}

function refusal(
  { code, hint }: Exclude<VerificationResult, { code: 'valid' }>,
  response: { status(code: number): unknown },
): InvalidTokenDto {
  response.status(401);
  return { valid: false, error: REFUSAL_MESSAGES[code], code, hint };
}
