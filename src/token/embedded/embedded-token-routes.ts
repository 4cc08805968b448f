import {
  type CanActivate,
  Controller,
  type ModuleMetadata,
  type Provider,
  type Type,
  UseFilters,
  UseGuards,
  UseInterceptors,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { AuditLog } from '../../audit/audit-log.js';
import { NestAuditLog } from '../../audit/nest-audit-log.js';
import { AdmittedGuard } from './admitted-request.js';
import { EmbeddedHooks } from './embedded-hooks.js';
import { EmbeddedErrorFilter } from './embedded-error.filter.js';
import { EmbeddedPaths, joinPath, ROUTE_PATHS } from './embedded-paths.js';
import { UnexpectedErrorInterceptor } from './unexpected-error.interceptor.js';
import { IssueTokenController } from '../issue-token.controller.js';
import { TOKEN_ACCESS, type TokenAccess } from '../token-access.guard.js';
import { VerificationLog } from '../verification-log.js';
import { VerifyTokenController } from '../verify-token.controller.js';

/** The routes `POST /token` and `POST /verify` in an application that is not this service. */
export interface EmbeddedTokenRoutes {
  /**
   * Who may ask for a token: guards of the application, taken from its modules where they are classes. With none,
   * whoever reaches the port may have a token for any subject.
   */
  readonly guards: readonly (Type<CanActivate> | CanActivate)[];
  /** Modules that provide what the guards and logs named here are made of, where no global module does. */
  readonly imports?: NonNullable<ModuleMetadata['imports']>;
  /** Put before both routes, behind the global prefix of the application. Default: nothing. */
  readonly path?: string;
  /** Where audit events go. Default: the log of the application. */
  readonly audit?: Type<AuditLog>;
  /** Where the outcomes of verifications are counted. Default: nowhere. */
  readonly verifications?: Type<VerificationLog>;
}

/** What a module needs that carries the routes over its own TokenService. */
export interface RouteParts {
  readonly imports: NonNullable<ModuleMetadata['imports']>;
  readonly controllers: Type[];
  readonly providers: Provider[];
}

const uncounted: VerificationLog = { record: () => {} };

/** Makes the controllers of one module anew: each module has them at its own path, with its own guards. */
export function embeddedTokenRoutes({
  guards,
  imports = [],
  path = '',
  audit = NestAuditLog,
  verifications,
}: EmbeddedTokenRoutes): RouteParts {
  const [issuePath, verifyPath] = [joinPath(path, 'token'), joinPath(path, 'verify')];

  @Controller({ path: issuePath, version: VERSION_NEUTRAL })
  @UseFilters(EmbeddedErrorFilter)
  @UseInterceptors(UnexpectedErrorInterceptor)
  @UseGuards(AdmittedGuard, ...guards)
  class EmbeddedIssueTokenController extends IssueTokenController {}

  @Controller({ path: verifyPath, version: VERSION_NEUTRAL })
  @UseFilters(EmbeddedErrorFilter)
  @UseInterceptors(UnexpectedErrorInterceptor)
  @UseGuards(AdmittedGuard)
  class EmbeddedVerifyTokenController extends VerifyTokenController {}

  return {
    imports,
    controllers: [EmbeddedIssueTokenController, EmbeddedVerifyTokenController],
    providers: [
      { provide: ROUTE_PATHS, useValue: [issuePath, verifyPath] },
      EmbeddedPaths,
      EmbeddedHooks,
      { provide: TOKEN_ACCESS, useValue: 'application' satisfies TokenAccess },
      { provide: AuditLog, useClass: audit },
      verifications
        ? { provide: VerificationLog, useClass: verifications }
        : { provide: VerificationLog, useValue: uncounted },
    ],
  };
}
