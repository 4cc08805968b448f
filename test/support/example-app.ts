import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { ROOT } from './built-service.js';
import { bearerHeaders, json, request } from './http-request.js';
import { linkInstalledPackages } from './packed-package.js';
import { Program } from './program.js';
import { temporaryDirectory } from './temporary-directory.js';

/** An application of `examples/` in its own process. */
export class ExampleApp extends Program {
  private constructor(
    folder: string,
    environment: NodeJS.ProcessEnv,
    private origin = '',
  ) {
    const variables = { PORT: '0', NO_COLOR: '1', ...environment };
    super(process.execPath, [join(folder, 'dist/main.js')], { environment: variables });
  }

  /**
   * Copies an example into a new folder and compiles it there. This package is linked as if it were installed:
   * its entries have the names of the client package's.
   */
  static build(name: 'careergpt' | 'logging-backend' | 'mcp-server'): string {
    const folder = join(temporaryDirectory(), name);
    const isSource = (path: string): boolean => !/\/(?:node_modules|dist|data)$/.test(path);
    cpSync(join(ROOT, 'examples', name), folder, { recursive: true, filter: isSource });
    linkInstalledPackages(join(folder, 'node_modules'));
    mkdirSync(join(folder, 'node_modules/@acme'));
    symlinkSync(ROOT, join(folder, 'node_modules/@acme/identity-client'));
    execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', folder], {
      stdio: 'inherit',
    });
    return folder;
  }

  /** @param folder from {@link build} */
  static async start(folder: string, environment: NodeJS.ProcessEnv): Promise<ExampleApp> {
    const app = new ExampleApp(folder, environment);
    [, app.origin = ''] = await app.wrote(/Listening on (http:\S+)/);
    return app;
  }

  /** Starts an application with invalid settings. */
  static refused(folder: string, environment: NodeJS.ProcessEnv): ExampleApp {
    return new ExampleApp(folder, environment);
  }

  get url(): string {
    return this.origin;
  }
}

/** Stops programs, and expects that none has written a part of a token, which would begin with `eyJ`. */
export async function stopWithoutTokens(...programs: readonly Program[]): Promise<void> {
  for (const program of programs) {
    await program.stop();
    expect(program.text).not.toMatch(/eyJ/);
  }
}

/** A line that a caller writes to logging-backend. */
export const LOG_LINE = {
  service: 'careergpt',
  level: 'INFO',
  message: 'Hello, Grüße',
  context: { user: 'user-42' },
} as const;

/** Expects that every protected route of logging-backend rejects the token. */
export async function expectRefused(
  logging: ExampleApp,
  token: string,
  error: string,
  code: string,
): Promise<void> {
  const headers = bearerHeaders(token);
  const requests = [
    ['/log', json(LOG_LINE, headers)],
    ['/logs', { headers }],
    ['/logs/download', { headers }],
    ['/logs/purge', json({}, headers)],
  ] as const;
  for (const [path, options] of requests) {
    const response = await request(logging.url + path, options);
    expect([path, response.status, response.body['error'], response.body['code']]).toEqual([
      path,
      401,
      error,
      code,
    ]);
    expect(response.headers['www-authenticate']).toMatch(
      /^Bearer realm="logging-service", error="invalid_token"/,
    );
  }
}
