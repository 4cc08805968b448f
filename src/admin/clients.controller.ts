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
import type { Client, DescribedClient } from '../clients/client.js';
import { ClientAdministration } from '../clients/client-administration.js';
import { ClientRequestDto } from './dto/client-request.dto.js';
import { ClientDto, toClientDto, ClientPageDto, CreatedClientDto } from './dto/client-response.dto.js';
import { ClientRegistry } from '../clients/client-registry.js';
import { ApiError } from '../server/api-error.js';
import { UseHeaderGuard } from '../server/header-guards.js';
import { ClientDescription } from './client-description.js';
import { AdminRoute, ApiConflict, ApiInvalidRequest, ApiNotFound } from './admin-route.decorator.js';
import { AdminGuard, type AdminRequest, administratorOf } from './admin.guard.js';
import { CHANGED_CLIENT, CLIENT_ID, NEW_CLIENT } from './examples.js';
import { readPage } from './page.js';

/** A JSON Merge Patch (RFC 7396) of a client: each field is optional. */
@ApiSchema({ name: 'PartialClientBody' })
class ClientPatchDto extends PartialType(ClientRequestDto) {}

/** `/admin/clients`: the registered clients. */
@AdminRoute()
@UseHeaderGuard(AdminGuard)
@Controller('admin/clients')
export class ClientsController {
  constructor(
    private readonly administration: ClientAdministration,
    private readonly description: ClientDescription,
    private readonly clients: ClientRegistry,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Register a client; its secret is shown this once' })
  @ApiBody({ type: ClientRequestDto, examples: NEW_CLIENT })
  @ApiResponse({ status: 201, description: 'The client', type: CreatedClientDto })
  @ApiInvalidRequest(
    'audiences must be an array of distinct names of 1 to 255 characters, without control or invisible characters',
  )
  @ApiConflict(
    'The client ID or a federated credential is taken',
    'A client with this client_id already exists',
  )
  async createClient(@Body() body: unknown, @Req() request: AdminRequest): Promise<CreatedClientDto> {
    const described = this.description.read(body);
    const { client, secret } = await this.administration.create(described, administratorOf(request));
    return { ...toClientDto(client), ...(secret && { client_secret: secret.text }) };
  }

  @Get()
  @ApiOperation({ summary: 'List clients in the order of their client IDs' })
  @ApiQuery({ name: 'limit', required: false, schema: { type: 'integer', minimum: 1, maximum: 100 } })
  @ApiQuery({ name: 'after', required: false, type: String, description: '`next` of the previous page' })
  @ApiResponse({ status: 200, description: 'A page of clients', type: ClientPageDto })
  @ApiInvalidRequest('limit must be a whole number from 1 to 100')
  listClients(@Query() query: Record<string, unknown>): ClientPageDto {
    const { limit, after } = readPage(query);
    const { clients, next = null } = this.clients.page(limit, after);
    return { clients: clients.map(toClientDto), next };
  }

  @Get(':id')
  @ApiOperation({ summary: 'Show a client' })
  @ApiParam(CLIENT_ID)
  @ApiResponse({ status: 200, description: 'The client, without secrets', type: ClientDto })
  @ApiNotFound('Client not found', 'Client not found')
  showClient(@Param('id') id: string): ClientDto {
    const client = this.clients.find(id);
    if (!client) throw new ApiError(404, 'not_found', 'Client not found');
    return toClientDto(client);
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Change a client by a JSON Merge Patch (RFC 7396)' })
  @ApiParam(CLIENT_ID)
  @ApiBody({ type: ClientPatchDto, examples: CHANGED_CLIENT })
  @ApiResponse({ status: 200, description: 'The client as it is now', type: ClientDto })
  @ApiNotFound('Client not found', 'Client not found')
  @ApiInvalidRequest(
    'audiences must be an array of distinct names of 1 to 255 characters, without control or invisible characters',
  )
  @ApiConflict(
    'The client could not authenticate, or a federated credential is taken',
    'The client could not authenticate: add other credentials first',
  )
  async updateClient(
    @Param('id') id: string,
    @Body() patch: unknown,
    @Req() request: AdminRequest,
  ): Promise<ClientDto> {
    const change = (current: Client): DescribedClient => this.description.patch(current, patch);
    const { client } = await this.administration.update(id, change, administratorOf(request));
    return toClientDto(client);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a client; its tokens are no longer valid' })
  @ApiParam(CLIENT_ID)
  @ApiResponse({ status: 204, description: 'It is deleted' })
  @ApiNotFound('Client not found', 'Client not found')
  deleteClient(@Param('id') id: string, @Req() request: AdminRequest): Promise<void> {
    return this.administration.delete(id, administratorOf(request));
  }
}
