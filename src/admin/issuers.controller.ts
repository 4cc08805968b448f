import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Req } from '@nestjs/common';
import {
  ApiBody,
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiResponse,
  ApiSchema,
  PartialType,
} from '@nestjs/swagger';
import { IssuerAdministration } from '../issuers/issuer-administration.js';
import { IssuerRegistry } from '../issuers/issuer-registry.js';
import { TokenInspector } from '../issuers/token-inspection.js';
import type { DescribedIssuer, TrustedIssuer } from '../issuers/trusted-issuer.js';
import { ApiError } from '../server/api-error.js';
import { BodyPipe } from '../server/body.pipe.js';
import { UseHeaderGuard } from '../server/header-guards.js';
import { AdminRoute, ApiConflict, ApiInvalidRequest, ApiNotFound } from './admin-route.decorator.js';
import { AdminGuard, type AdminRequest, administratorOf } from './admin.guard.js';
import { IssuerRequestDto } from './dto/issuer-request.dto.js';
import { IssuerDto, IssuerPageDto, toIssuerDto } from './dto/issuer-response.dto.js';
import { IssuerTestDto, IssuerTestRequestDto, toIssuerTestDto } from './dto/issuer-test.dto.js';
import { CHANGED_ISSUER, ISSUER_ID, NEW_ISSUER, OUTSIDE_TOKEN } from './examples.js';
import { IssuerDescription } from './issuer-description.js';
import { readPage } from './page.js';

/** A JSON Merge Patch (RFC 7396) of a trusted issuer: each field is optional. */
@ApiSchema({ name: 'PartialIssuerBody' })
class IssuerPatchDto extends PartialType(IssuerRequestDto) {}

/** `/admin/issuers`: the outside issuers whose tokens are accepted. */
@AdminRoute()
@UseHeaderGuard(AdminGuard)
@Controller('admin/issuers')
export class IssuersController {
  constructor(
    private readonly administration: IssuerAdministration,
    private readonly description: IssuerDescription,
    private readonly issuers: IssuerRegistry,
    private readonly inspector: TokenInspector,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Trust an outside issuer; its keys are fetched afterwards' })
  @ApiBody({ type: IssuerRequestDto, examples: NEW_ISSUER })
  @ApiResponse({ status: 201, description: 'The entry', type: IssuerDto })
  @ApiInvalidRequest('keys.jwks_uri must be an absolute https URL')
  @ApiConflict(
    'The id, the issuer, its trust domain or the one as_is is taken',
    'Another entry has this issuer',
  )
  async createIssuer(@Body() body: unknown, @Req() request: AdminRequest): Promise<IssuerDto> {
    const described = this.description.read(body, 'http');
    return toIssuerDto(await this.administration.create(described, administratorOf(request)));
  }

  @Get()
  @ApiOperation({ summary: 'List trusted issuers in the order of their IDs' })
  @ApiQuery({ name: 'limit', required: false, schema: { type: 'integer', minimum: 1, maximum: 100 } })
  @ApiQuery({ name: 'after', required: false, type: String, description: '`next` of the previous page' })
  @ApiResponse({ status: 200, description: 'A page of entries', type: IssuerPageDto })
  @ApiInvalidRequest('limit must be a whole number from 1 to 100')
  listIssuers(@Query() query: Record<string, unknown>): IssuerPageDto {
    const { limit, after } = readPage(query);
    const { issuers, next = null } = this.issuers.page(limit, after);
    return { issuers: issuers.map(toIssuerDto), next };
  }

  @Post('test')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Explain why a token is accepted or not; issues nothing and does not use up the token',
  })
  @ApiBody({ type: IssuerTestRequestDto, examples: OUTSIDE_TOKEN })
  @ApiResponse({ status: 200, description: 'The checks in their order', type: IssuerTestDto })
  @ApiInvalidRequest('use must be one of client_authentication, jwt_bearer, token_exchange')
  async testToken(
    @Body(new BodyPipe(IssuerTestRequestDto)) { token, use }: IssuerTestRequestDto,
  ): Promise<IssuerTestDto> {
    return toIssuerTestDto(await this.inspector.inspect(token, use));
  }

  @Get(':id')
  @ApiOperation({ summary: 'Show a trusted issuer' })
  @ApiParam(ISSUER_ID)
  @ApiResponse({ status: 200, description: 'The entry', type: IssuerDto })
  @ApiNotFound('Issuer not found', 'Issuer not found')
  showIssuer(@Param('id') id: string): IssuerDto {
    const entry = this.issuers.find(id);
    if (!entry) throw new ApiError(404, 'not_found', 'Issuer not found');
    return toIssuerDto(entry);
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Change a trusted issuer by a JSON Merge Patch (RFC 7396)' })
  @ApiParam(ISSUER_ID)
  @ApiBody({ type: IssuerPatchDto, examples: CHANGED_ISSUER })
  @ApiResponse({ status: 200, description: 'The entry as it is now', type: IssuerDto })
  @ApiNotFound('Issuer not found', 'Issuer not found')
  @ApiInvalidRequest('keys.jwks_uri must be an absolute https URL')
  @ApiConflict('Its trust domain or the one as_is is taken', 'Another entry has this trust_domain')
  async updateIssuer(
    @Param('id') id: string,
    @Body() patch: unknown,
    @Req() request: AdminRequest,
  ): Promise<IssuerDto> {
    const change = (current: TrustedIssuer): DescribedIssuer =>
      this.description.patch(current, patch, 'http');
    const { entry } = await this.administration.update(id, change, administratorOf(request));
    return toIssuerDto(entry);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a trusted issuer; its tokens are no longer accepted' })
  @ApiParam(ISSUER_ID)
  @ApiResponse({ status: 204, description: 'It is deleted' })
  @ApiNotFound('Issuer not found', 'Issuer not found')
  @ApiConflict('A client names it', 'The client deploy names this issuer: change the client first')
  deleteIssuer(@Param('id') id: string, @Req() request: AdminRequest): Promise<void> {
    return this.administration.delete(id, administratorOf(request));
  }
}
