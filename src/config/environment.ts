import { IsOptional } from 'class-validator';
import { ALGORITHMS } from '../jwt/algorithms.js';
import { isVisible } from '../encoding/well-formed-text.js';
import { baseUrlOf } from '../published-urls.js';
import { isDatabaseUrl } from './database-settings.js';
import { IsOneOf, IsSwitch, IsWhole, Satisfies } from './setting-rules.js';
import {
  isAlgorithmList,
  isAudienceLists,
  isBasePath,
  isLongEnough,
  isNetwork,
  isOrigin,
  listOf,
  secretsOf,
} from './setting-values.js';
import { Setting, settingDocuments } from './setting.decorator.js';

/**
 * The environment variables that the service reads, with their rules. An empty variable counts as not set.
 */
export class Environment {
  @Setting({
    byDefault: '',
    about:
      '`production`, `development` or `test`. `production` closes `/debug-env`, closes `/token` to anonymous callers, and requires a strong secret.',
  })
  @IsOneOf('production', 'development', 'test')
  @IsOptional()
  NODE_ENV?: 'production' | 'development' | 'test';

  @Setting({
    byDefault: '',
    about:
      'Shared HMAC secret, used byte for byte. Required in production if an algorithm is HS*, at least as long as the hash (32, 48 or 64 bytes). Outside production the service makes one if it is missing, and keeps it in `data/`.',
  })
  @IsOptional()
  JWT_SECRET_KEY?: string;

  @Setting({
    byDefault: '',
    about: 'Previous secrets, comma separated (a comma within one is `\\,`): they verify and never sign.',
  })
  @Satisfies((text) => secretsOf(text).every((secret) => secret !== ''), 'has an empty entry')
  @IsOptional()
  JWT_SECRET_KEY_PREVIOUS?: string;

  @Setting({ byDefault: 'identity-backend', about: 'The `iss` claim of the tokens.' })
  @Satisfies(
    (text) => text.trim() === text && isVisible(text),
    'has whitespace around it, or control or invisible characters',
  )
  JWT_ISSUER: string = 'identity-backend';

  @Setting({
    byDefault: '`JWT_ISSUER` if that is a URL',
    about:
      'The http or https URL at which clients reach the service, with its path; the metadata and links are built from it. Its path may differ from `BASE_PATH` behind a proxy that strips it.',
  })
  @Satisfies(
    (text) => baseUrlOf(text) !== undefined,
    'must be an http or https URL without user, query or fragment',
  )
  @IsOptional()
  PUBLIC_URL?: string;

  @Setting({
    byDefault: 'issuer-or-endpoint',
    about:
      'What the `aud` of a client assertion (`private_key_jwt`) may be: `issuer-or-endpoint`: `JWT_ISSUER`, or the token endpoint as the metadata names it; `issuer`: `JWT_ISSUER` alone.',
  })
  @IsOneOf('issuer-or-endpoint', 'issuer')
  CLIENT_ASSERTION_AUDIENCE: 'issuer-or-endpoint' | 'issuer' = 'issuer-or-endpoint';

  @Setting({
    byDefault: 'none',
    about:
      'Private networks (comma separated CIDR, such as `10.0.0.0/8`) from which the keys of trusted issuers may be fetched. Without it, an entry with the private IP address in its URL is the only way.',
  })
  @Satisfies(
    // A zone has a meaning on one interface of this host only.
    (text) => listOf(text).every((each) => isNetwork(each) && !each.includes('%')),
    'must be networks in CIDR notation, comma separated, such as 10.0.0.0/8',
  )
  @IsOptional()
  ISSUER_NETWORKS?: string;

  @Setting({
    byDefault: '4',
    about: 'How many parties may act for one another in a token, 1 to 16: the links of `act` (RFC 8693).',
  })
  @IsWhole(1, 16)
  MAX_DELEGATION_DEPTH: number = 4;

  @Setting({
    byDefault: '15',
    about: 'Lifetime of a token in minutes, 1 to 1440; the longest that a caller may request.',
  })
  @IsWhole(1, 1440)
  JWT_EXPIRATION_MINUTES: number = 15;

  @Setting({
    byDefault: 'HS256',
    about: `${Object.keys(ALGORITHMS).join(', ')}. Of a list such as \`ES256\\|HS256\` the first signs and all are accepted.`,
  })
  @Satisfies(isAlgorithmList, `must be one of ${Object.keys(ALGORITHMS).join(', ')}, or several joined by |`)
  JWT_ALGORITHM: string = 'HS256';

  @Setting({
    byDefault: 'none',
    about:
      'Other algorithms for some audiences, such as `reporting=ES256,billing=RS256\\|HS256`, so that they leave the shared secret one at a time.',
  })
  @Satisfies(isAudienceLists, 'must be lists such as reporting=ES256,billing=RS256|HS256')
  @IsOptional()
  AUDIENCE_ALGORITHMS?: string;

  @Setting({
    byDefault: 'none',
    about:
      'Files with private keys (PEM or JWK), comma separated, in place of keys that the service generates: the first signs, all are published and verify.',
  })
  @IsOptional()
  JWT_PRIVATE_KEY_FILE?: string;

  @Setting({
    byDefault: '90',
    about: 'Days for which a key that the service generated signs; 0: it is rotated by hand only.',
  })
  @IsWhole(0, 3_650)
  KEY_ROTATION_DAYS: number = 90;

  @Setting({ byDefault: '0', about: 'Seconds by which the clocks of two machines may differ, 0 to 60.' })
  @IsWhole(0, 60)
  JWT_CLOCK_TOLERANCE_SECONDS: number = 0;

  @Setting({
    byDefault: '`sqlite:data/identity.db`',
    about:
      'The database of clients, keys and revocations: `sqlite:FILE`, `postgres://…` or `mysql://…` (MariaDB too). `?sslmode=verify-full&sslrootcert=FILE` encrypts the connection to a server.',
  })
  @Satisfies(
    isDatabaseUrl,
    'must be sqlite:FILE, postgres://user:password@host/database or mysql://user:password@host/database',
  )
  DATABASE_URL: string = 'sqlite:data/identity.db';

  @Setting({
    byDefault: '',
    about:
      'At least 32 bytes; encrypts the private keys in the database. Required in production with PostgreSQL or MySQL. Otherwise the service makes one if it is missing, and keeps it in `data/`.',
  })
  @Satisfies(isLongEnough, 'is under 32 bytes')
  @IsOptional()
  KEY_ENCRYPTION_KEY?: string;

  @Setting({
    byDefault: '',
    about:
      'Previous values of `KEY_ENCRYPTION_KEY`, comma separated: the service re-encrypts their keys when it starts.',
  })
  @Satisfies((text) => secretsOf(text).every(isLongEnough), 'has an entry under 32 bytes')
  @IsOptional()
  KEY_ENCRYPTION_KEY_PREVIOUS?: string;

  @Setting({
    byDefault: 'none',
    about:
      'The Redis that counts limits over all instances: `redis://…`. Without it each process counts for itself.',
  })
  @Satisfies(
    (text) => /^rediss?:\/\/[^/]/.test(text) && URL.canParse(text),
    'must be redis://host:port or rediss://host:port',
  )
  @IsOptional()
  REDIS_URL?: string;

  @Setting({
    byDefault: '10',
    about:
      'Failed authentications a minute from an IP address with one client ID, and ten times that from an IP address, before 429; 0 for no limit.',
  })
  @IsWhole(0, 1_000_000)
  AUTH_FAILURE_MAX: number = 10;

  @Setting({
    byDefault: '0',
    about:
      'Requests from an IP address within a window to the routes that issue, verify or authenticate, before 429; 0 for no limit.',
  })
  @IsWhole(0, 100_000_000)
  RATE_LIMIT_MAX: number = 0;

  @Setting({ byDefault: '60', about: 'The window of `RATE_LIMIT_MAX` in seconds, 1 to 86400.' })
  @IsWhole(1, 86_400)
  RATE_LIMIT_WINDOW_SECONDS: number = 60;

  @Setting({
    byDefault: '1',
    about:
      'Processes on the same port, 1 to 64; `auto`: one for each core. Always 1 under Passenger. Without `REDIS_URL` each counts its limits for itself.',
  })
  @Satisfies(
    (text) => text === 'auto' || (/^\d{1,2}$/.test(text) && Number(text) >= 1 && Number(text) <= 64),
    'must be auto or a whole number from 1 to 64',
  )
  WORKERS: string = '1';

  @Setting({
    byDefault: '`none`; `required` in production',
    about: '`none`: anyone may request a token. `required`: registered clients only.',
  })
  @IsOneOf('none', 'required')
  @IsOptional()
  TOKEN_ENDPOINT_AUTH?: 'none' | 'required';

  @Setting({ byDefault: '127.0.0.1', about: 'IP address or host name to listen on.' })
  @Satisfies((text) => /^[A-Za-z0-9.:_-]+$/.test(text), 'must be an IP address or a host name')
  HOST: string = '127.0.0.1';

  @Setting({ byDefault: '3000', about: 'Port to listen on; 0 for a free one.' })
  @IsWhole(0, 65_535)
  PORT: number = 3000;

  @Setting({
    byDefault: '`PASSENGER_BASE_URI` if Passenger sets it',
    about: 'Path prefix of all routes, such as `/identity-backend`.',
  })
  @Satisfies(isBasePath, 'must be a path such as /identity-backend, without dot segments')
  @IsOptional()
  BASE_PATH?: string;

  @Setting({
    byDefault: 'none; `127.0.0.1` under Passenger',
    about: 'IP addresses or networks, comma separated, whose `X-Forwarded-For` and `-Proto` are trusted.',
  })
  @Satisfies((text) => listOf(text).every(isNetwork), 'must be IP addresses or networks, comma separated')
  @IsOptional()
  TRUST_PROXY?: string;

  @Setting({ byDefault: 'info', about: '`fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`.' })
  @IsOneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent')
  LOG_LEVEL: string = 'info';

  @Setting({ byDefault: '`true`; `false` in production', about: 'Whether `/debug-env` is served.' })
  @IsSwitch()
  @IsOptional()
  DEBUG_ENV?: string;

  @Setting({ byDefault: '`true`', about: 'Whether `/docs` and `/openapi.json` are served.' })
  @IsSwitch()
  @IsOptional()
  SWAGGER?: string;

  @Setting({ byDefault: '`true`; `false` in production', about: 'Whether `/metrics` is served.' })
  @IsSwitch()
  @IsOptional()
  METRICS?: string;

  @Setting({
    byDefault: 'none',
    about: 'Origins, comma separated, whose pages may call the service from a browser.',
  })
  @Satisfies(
    (text) => listOf(text).every(isOrigin),
    'must be origins such as https://app.example.com, comma separated',
  )
  @IsOptional()
  CORS_ORIGINS?: string;

  /** Set by Phusion Passenger. */
  @IsOptional()
  IN_PASSENGER?: string;

  /** Set by Phusion Passenger. */
  @IsOptional()
  PASSENGER_BASE_URI?: string;
}

/** The names of all variables that the service reads. */
export const SETTING_NAMES: ReadonlySet<string> = new Set([
  ...settingDocuments().keys(),
  'IN_PASSENGER',
  'PASSENGER_BASE_URI',
]);
