import { existsSync } from 'node:fs';

/** The path of the MCP server, which {@link Settings.url} ends in. */
export const PATH = '/mcp';

/** The settings of this service, from its environment. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  /** The URL of the MCP server, for which clients request tokens. */
  readonly url: string;
  /** The URL of the issuer. */
  readonly issuer: string;
}

/** Reads the environment and, if there is one, `.env`. */
export function readSettings(): Settings {
  if (existsSync('.env')) process.loadEnvFile();
  const { HOST, PORT, MCP_URL, JWT_ISSUER } = process.env;
  const port = Number(PORT ?? 4100);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error('PORT must be 0 to 65535');
  const url = MCP_URL ?? `http://127.0.0.1:${port}${PATH}`;
  if (!URL.canParse(url) || new URL(url).pathname !== PATH) throw new Error(`MCP_URL must end in ${PATH}`);
  return { host: HOST ?? '127.0.0.1', port, url, issuer: JWT_ISSUER ?? 'http://127.0.0.1:3000' };
}
