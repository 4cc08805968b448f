import { Inject, Injectable } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsString } from 'class-validator';
import type { Client } from '../../clients/client.js';
import { Clock } from '../../clock.js';
import { andThen, type MaybePromise } from '../../concurrency/maybe-promise.js';
import { OAUTH2_SETTINGS, type OAuth2Settings } from '../../config/namespaces.js';
import { assertedUser } from '../../issuers/asserted-user.js';
import { OutsideTokens } from '../../issuers/outside-tokens.js';
import { EXAMPLE_TOKEN } from '../../token/example-tokens.js';
import { IsPresent } from '../../validation/rules.js';
import { admittedClient, trustUnavailable } from '../client-authentication.js';
import { FederatedAuthenticator } from '../federated-authenticator.js';
import { OAuthError } from '../oauth-error.js';
import type { Grant, GrantContext, GrantDecision, UnauthenticatedRequest } from './grant.js';

/** The parameters of {@link JwtBearerGrant} (RFC 7523 §2.1). */
class JwtBearerParametersDto {
  @ApiProperty({
    example: EXAMPLE_TOKEN,
    description: 'For the jwt-bearer grant: the token of a trusted issuer',
  })
  @IsString({ message: 'assertion is missing' })
  @IsPresent({ message: 'assertion is missing' })
  assertion!: string;
}

/**
 * RFC 7523 §2.1: a token of a trusted issuer is the grant. With client authentication it is about a user;
 * without, it is that of the workload which the client is.
 */
@Injectable()
export class JwtBearerGrant implements Grant<JwtBearerParametersDto> {
  static readonly parameters = JwtBearerParametersDto;

  constructor(
    private readonly outside: OutsideTokens,
    private readonly federated: FederatedAuthenticator,
    private readonly clock: Clock,
    @Inject(OAUTH2_SETTINGS) private readonly settings: OAuth2Settings,
  ) {}

  identify(
    { assertion }: JwtBearerParametersDto,
    { namedId, ...attempt }: UnauthenticatedRequest,
  ): MaybePromise<Client> {
    const token = this.outside.read(assertion);
    const authentication = this.federated.authenticate({ token, namedId, asClient: false }, attempt);
    return andThen(authentication, (outcome) => admittedClient(outcome, assertionRefused));
  }

  async decide(context: GrantContext<JwtBearerParametersDto>): Promise<GrantDecision> {
    const { client, isIdentified, parameters, requestId } = context;
    if (isIdentified ? !client.workloadGrant : client.jwtBearer === null) {
      throw new OAuthError('unauthorized_client', 'The client may not use this grant_type in this way');
    }
    if (isIdentified) return { subject: client.id };
    const outcome = await this.outside.verify(
      { token: this.outside.read(parameters.assertion), use: 'jwt_bearer', requestId },
      (token) => assertedUser(token, client, { ...this.settings, now: this.clock.now() / 1000 }),
    );
    switch (outcome.code) {
      case 'accepted': {
        const { subject, ...asserted } = outcome.value;
        return { subject, evidence: { ...asserted, refusal: assertionRefused } };
      }
      case 'refused':
        throw assertionRefused();
      case 'unavailable':
        throw trustUnavailable();
    }
  }
}

/** The same words for every check: a caller must not learn which one failed (RFC 7523 §3.1). */
function assertionRefused(): OAuthError {
  return new OAuthError('invalid_grant', 'The assertion is not accepted');
}
