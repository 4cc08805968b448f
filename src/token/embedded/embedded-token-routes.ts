import {
  type CanActivate,
  Controller,
  type ModuleMetadata,
  type Provider,
  SetMetadata,
  type Type,
  UseFilters,
  UseGuards,
  UseInterceptors,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { AuditLog } from '../../audit/audit-log.js';
import { NestAuditLog } from '../../audit/nest-audit-log.js';
import { kindOf } from '../../encoding/kind-of.js';
import { Public } from '../../guard/public.decorator.js';
import { AdmittedGuard } from './admitted-request.js';
import { EmbeddedHooks } from './embedded-hooks.js';
import { EmbeddedErrorFilter } from './embedded-error.filter.js';
import { EmbeddedPaths, joinPath, ROUTE_PATHS } from './embedded-paths.js';
import { UnexpectedErrorInterceptor } from './unexpected-error.interceptor.js';
import { IssueTokenController } from '../issue-token.controller.js';
import { TOKEN_ACCESS, type TokenAccess } from '../token-access.guard.js';
import { VerificationLog } from '../verification-log.js';
import { VerifyTokenController } from '../verify-token.controller.js';

/** Options of the routes `POST /token` and `POST /verify` in another application. */
export interface EmbeddedTokenRoutes {
  /**
   * Guards of the application that decide who may request a token. Classes are resolved from its modules. If
   * there are none, anyone who reaches the port gets a token for any subject.
   */
  readonly guards: readonly (Type<CanActivate> | CanActivate)[];
  /**
   * Whether `JwtAuthGuard`, as a global guard of the application, lets callers without a token through, so
   * that `guards` alone decide. Other global guards always apply. Requires at least one guard. Default: false.
   */
  readonly public?: boolean | undefined;
  /**
   * Modules that provide the dependencies of these guards and logs, unless global modules do. Default: none.
   */
  readonly imports?: ModuleMetadata['imports'] | undefined;
  /** Path prefix of both routes, after the global prefix of the application. Default: none. */
  readonly path?: string | undefined;
  /** Receives audit events. Default: a class that writes them to the log of the application. */
  readonly audit?: Type<AuditLog> | undefined;
  /** Counts the outcomes of verifications. Default: none. */
  readonly verifications?: Type<VerificationLog> | undefined;
}

/** The parts of a module that serves the routes with its own TokenService. */
export interface RouteParts {
  readonly imports: NonNullable<ModuleMetadata['imports']>;
  readonly controllers: Type[];
  readonly providers: Provider[];
}

/**
 * How callers authenticate is the application's matter: its OpenAPI document need not have the scheme of the
 * service. An empty list would say that these routes need no authentication, whatever the document requires.
 */
const NoSecurityScheme = (): ClassDecorator => SetMetadata('swagger/apiSecurity', undefined);

const uncounted: VerificationLog = { record: () => {} };

/**
 * Makes the parts of one module. Each module has its own controllers, with its own path and guards.
 *
 * @throws {TypeError} that names the invalid option
 */
export function embeddedTokenRoutes(options: EmbeddedTokenRoutes): RouteParts {
  checkRoutes(options);
  const { guards, imports = [], path = '', audit = NestAuditLog, verifications } = options;
  const { public: isPublic = false } = options;
  const [issuePath, verifyPath] = [joinPath(path, 'token'), joinPath(path, 'verify')];

  @Controller({ path: issuePath, version: VERSION_NEUTRAL })
  @UseFilters(EmbeddedErrorFilter)
  @UseInterceptors(UnexpectedErrorInterceptor)
  @UseGuards(AdmittedGuard, ...guards)
  @Public(isPublic)
  @NoSecurityScheme()
  class EmbeddedIssueTokenController extends IssueTokenController {}

  @Controller({ path: verifyPath, version: VERSION_NEUTRAL })
  @UseFilters(EmbeddedErrorFilter)
  @UseInterceptors(UnexpectedErrorInterceptor)
  @UseGuards(AdmittedGuard)
  @Public(isPublic)
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

function checkRoutes(options: EmbeddedTokenRoutes): void {
  const { guards, public: isPublic, imports, path, audit, verifications } = options;
  const check = (holds: boolean, option: string, rule: string, value: unknown): void => {
    if (!holds) throw new TypeError(`TokenModule: routes.${option} must be ${rule}, and is ${kindOf(value)}`);
  };
  check(Array.isArray(guards), 'guards', 'an array of guards', guards);
  guards.forEach((guard, index) => check(isGuard(guard), `guards[${index}]`, 'a guard', guard));
  check(imports === undefined || Array.isArray(imports), 'imports', 'an array of modules', imports);
  const isClass = (value: unknown): boolean => value === undefined || typeof value === 'function';
  check(path === undefined || typeof path === 'string', 'path', 'a string', path);
  check(isClass(audit), 'audit', 'a class', audit);
  check(isClass(verifications), 'verifications', 'a class', verifications);
  check(isPublic === undefined || typeof isPublic === 'boolean', 'public', 'true or false', isPublic);
  if (isPublic === true && guards.length === 0) {
    throw new TypeError(
      'TokenModule: with routes.public, routes.guards must have a guard, as no other decides',
    );
  }
}

/** A class of a circular import is not: it is `undefined` while the options are read. */
function isGuard(value: Partial<CanActivate> | Type<CanActivate> | null | undefined): boolean {
  return typeof value === 'function' || typeof value?.canActivate === 'function';
}
