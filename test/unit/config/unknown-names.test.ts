import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { SETTING_NAMES } from '../../../src/config/environment.js';
import { loadSettings } from '../../../src/config/load-settings.js';
import { unknownNames } from '../../../src/config/unknown-names.js';
import { SECRET } from '../../support/settings.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';

afterAll(removeTemporaryDirectories);

const inEnvironment = (...names: string[]): string[] => unknownNames([], names, SETTING_NAMES);
const inFile = (name: string): string[] =>
  unknownNames([{ name, value: 'marker', line: 7 }], [], SETTING_NAMES);

/** Variables that shells, operating systems, containers, hosting platforms and CI systems set. */
const ELSEWHERE = `
  HOME PATH PWD OLDPWD SHLVL USER LOGNAME SHELL TERM LANG LC_ALL LANGUAGE TZ MAIL EDITOR VISUAL PAGER LESS DISPLAY COLUMNS
  LINES TMPDIR TEMP TMP PS1 PS2 PS4 IFS _ HOSTNAME HOSTTYPE OSTYPE MACHTYPE DEBUG CI NO_COLOR FORCE_COLOR COLORTERM
  XDG_RUNTIME_DIR DBUS_SESSION_BUS_ADDRESS SSH_CONNECTION SSH_CLIENT SSH_TTY SUDO_USER SUDO_COMMAND INVOCATION_ID JOURNAL_STREAM
  NOTIFY_SOCKET STATE_DIRECTORY CREDENTIALS_DIRECTORY SYSTEMD_EXEC_PID MAINPID LISTEN_FDS LISTEN_PID
  NODE NODE_PATH NODE_OPTIONS NODE_VERSION NODE_EXTRA_CA_CERTS NODE_NO_WARNINGS NODE_UNIQUE_ID NODE_CHANNEL_FD YARN_VERSION NVM_DIR
  npm_config_user_agent npm_lifecycle_event npm_package_name npm_node_execpath INIT_CWD PROJECT_CWD
  PASSENGER_APP_ENV PASSENGER_SPAWN_WORK_DIR PASSENGER_USE_FEEDBACK_FD PASSENGER_DEBUG_DIR IN_PASSENGER PASSENGER_BASE_URI
  RAILS_ENV RACK_ENV WSGI_ENV APP_ENV PHP_ENV SERVER_SOFTWARE UNIQUE_ID
  KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT KUBERNETES_PORT KUBERNETES_PORT_443_TCP_ADDR DB_PORT_5432_TCP DB_PORT DB_HOST
  A_PORT A_HOST WEB_PORT HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy ALL_PROXY
  GITHUB_ACTIONS GITHUB_TOKEN RUNNER_OS GITLAB_CI JENKINS_URL BUILD_NUMBER DOCKER_HOST PGHOST PGPORT PGUSER PGPASSWORD PGDATABASE
  MYSQL_HOST REDIS_HOST REDIS_PORT DYNO WEB_CONCURRENCY WEBSITE_SITE_NAME AWS_REGION GOOGLE_APPLICATION_CREDENTIALS
  OTEL_EXPORTER_OTLP_ENDPOINT LD_LIBRARY_PATH LD_PRELOAD MALLOC_ARENA_MAX UV_THREADPOOL_SIZE SSL_CERT_FILE JEST_WORKER_ID
  TEST_POSTGRES_URL TEST_MYSQL_URL VIRTUAL_HOST VIRTUAL_PORT LETSENCRYPT_HOST PM2_HOME NODE_APP_INSTANCE pm_id
`
  .trim()
  .split(/\s+/);

describe('unknown names in the environment', () => {
  it('do not include any setting', () => {
    expect(inEnvironment(...SETTING_NAMES)).toEqual([]);
  });

  it('do not include variables of other programs', () => {
    expect(inEnvironment(...ELSEWHERE)).toEqual([]);
  });

  it('do not include any variable of this process', () => {
    const names = Object.keys(process.env).filter((name) => !name.startsWith('JWT_'));
    expect(inEnvironment(...names)).toEqual([]);
  });

  it.each([
    ['TOKEN_ENDPOINT_AUTHS', 'TOKEN_ENDPOINT_AUTH'],
    ['TOKEN_ENDPOINT_AUT', 'TOKEN_ENDPOINT_AUTH'],
    ['TOKEN_ENDPIONT_AUTH', 'TOKEN_ENDPOINT_AUTH'],
    ['TOKENENDPOINTAUTH', 'TOKEN_ENDPOINT_AUTH'],
    ['TOKEN-ENDPOINT-AUTH', 'TOKEN_ENDPOINT_AUTH'],
    ['token_endpoint_auth', 'TOKEN_ENDPOINT_AUTH'],
    ['TOKEN_ENDPOINT_AUTH_MODE', 'TOKEN_ENDPOINT_AUTH'],
    ['JWT_EXPIRATION', 'JWT_EXPIRATION_MINUTES'],
    ['JWT_EXPIRATION_SECONDS', 'JWT_EXPIRATION_MINUTES'],
    ['JWT_SECRET', 'JWT_SECRET_KEY'],
    ['JWT_SECRETKEY', 'JWT_SECRET_KEY'],
    ['JWT_SECRET_KEYS', 'JWT_SECRET_KEY'],
    ['JWT_ALGORITHMS', 'JWT_ALGORITHM'],
    ['JWT_ISSUERS', 'JWT_ISSUER'],
    ['NODE_EMV', 'NODE_ENV'],
    ['NODEENV', 'NODE_ENV'],
    ['NODE_ENVIRONMENT', 'NODE_ENV'],
    ['PROT', 'PORT'],
    ['PORTS', 'PORT'],
    ['HOSTS', 'HOST'],
    ['HSOT', 'HOST'],
    ['WORKER', 'WORKERS'],
    ['CORS_ORIGIN', 'CORS_ORIGINS'],
    ['RATE_LIMIT', 'RATE_LIMIT_MAX'],
    ['AUTH_FAILURES_MAX', 'AUTH_FAILURE_MAX'],
    ['TRUSTED_PROXY', 'TRUST_PROXY'],
    ['DATABASE_URI', 'DATABASE_URL'],
    ['KEY_ENCRYPTION', 'KEY_ENCRYPTION_KEY'],
    ['Port', 'PORT'],
  ])('include %s, with the suggestion %s', (name, meant) => {
    expect(inEnvironment('HOME', name)).toEqual([
      `${name} (in the environment) is not a setting and has no effect; did you mean ${meant}?`,
    ]);
  });

  it('include every setting with one character omitted, doubled or replaced', () => {
    for (const setting of SETTING_NAMES) {
      for (let at = 0; at < setting.length; at++) {
        const misspelt = [
          setting.slice(0, at) + setting.slice(at + 1),
          setting.slice(0, at) + setting.slice(at, at + 1) + setting.slice(at),
          `${setting.slice(0, at)}Z${setting.slice(at + 1)}`,
        ];
        for (const name of misspelt) {
          if (SETTING_NAMES.has(name)) continue;
          expect([name, inEnvironment(name).length]).toEqual([name, 1]);
        }
      }
    }
  });
});

describe('unknown names in the settings file', () => {
  it.each(['TOKEN_ENDPOINT_AUTHS', 'JWT_EXPIRATION', 'JWT_EXPIRES_MINUTES', 'node_env', 'HOSTS'])(
    'include %s, with its line and a suggestion',
    (name) => {
      expect(inFile(name)).toEqual([
        expect.stringMatching(
          new RegExp(
            `^${name} \\(line 7 of the settings file\\) is not a setting.*; did you mean [A-Z_]+\\?$`,
          ),
        ),
      ]);
    },
  );

  it.each(['FLASK_APP', 'HOME', 'PATH', 'SOMETHING'])(
    'include %s without a suggestion, because the file is for the service only',
    (name) => {
      expect(inFile(name)).toEqual([
        `${name} (line 7 of the settings file) is not a setting and has no effect`,
      ]);
    },
  );

  it.each([
    'q7Zk2vXw9Lr4Ty6Bn1Mc8Hd3Fg5Js0Pa',
    'DEADBEEF0123456789ABCDEF01234567',
    'abcdefghijklmnopqrstuvwxyzabcdef',
  ])('are not shown if they may be a secret: %s', (name) => {
    expect(inFile(name)).toEqual(['line 7 of the settings file is not a setting and has no effect']);
  });

  it('have no effect and are reported in the notices', () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, '.env'), "# settings\nJWT_EXPIRATION='5'\n");
    const settings = loadSettings(directory, { JWT_SECRET_KEY: SECRET, TOKEN_ENDPOINT_AUTHS: 'required' });
    expect(settings.lifetimeSeconds).toBe(900);
    expect(settings.notices).toEqual([
      'JWT_EXPIRATION (line 2 of the settings file) is not a setting and has no effect; did you mean JWT_EXPIRATION_MINUTES?',
      'TOKEN_ENDPOINT_AUTHS (in the environment) is not a setting and has no effect; did you mean TOKEN_ENDPOINT_AUTH?',
    ]);
  });

  it('do not include any name in .env.example', () => {
    const example = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8');
    const names = [...example.matchAll(/^# ([A-Z_]+)=/gm)].map(([, name = '']) => name);
    expect(names.length).toBeGreaterThan(20);
    expect(names.flatMap(inFile)).toEqual([]);
  });
});
