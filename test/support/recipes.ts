import { blocksOf, readPage } from './markdown.js';
import { PLATFORM_NAMES, type PlatformName } from './platform-tokens.js';

const PAGE = readPage('docs/no-client-secrets.md');

/** A JSON object on the page. */
export type PageObject = Readonly<Record<string, unknown>>;

/** What the page enters for a platform. */
export interface Recipe {
  readonly name: PlatformName;
  readonly headings: readonly string[];
  readonly entry: PageObject & { readonly id: string; readonly keys: PageObject };
  readonly clients: readonly (PageObject & { readonly client_id: string })[];
}

/** The page explains its first platform step by step instead of in a recipe. */
const STEPS = ['1. Trust the issuer', '2. Register the client'];

/** The JSON objects under these headings of the page, in order. */
export function objectsUnder(...headings: readonly string[]): PageObject[] {
  return blocksOf(PAGE)
    .filter(({ heading, info }) => headings.includes(heading) && info === 'json')
    .map(({ text }) => JSON.parse(text) as PageObject);
}

/** The commands under a heading of the page, in order. */
export function commandsUnder(heading: string): string[] {
  return blocksOf(PAGE)
    .filter((block) => block.heading === heading && block.info === 'bash')
    .map(({ text }) => text);
}

/** The recipes of `docs/no-client-secrets.md`. */
export const RECIPES: readonly Recipe[] = PLATFORM_NAMES.map((name) => {
  const headings = name === 'Kubernetes with public keys' ? STEPS : [name];
  const [entry, ...clients] = objectsUnder(...headings);
  if (entry === undefined || clients.length === 0) throw new Error(`The page has no recipe for ${name}`);
  return { name, headings, entry, clients } as unknown as Recipe;
});

/**
 * A merge patch that replaces the source of an entry's keys by the keys themselves, so that no test sends a
 * request to a platform. It enables the entry.
 */
export function withKeys({ entry }: Recipe, keySet: object): PageObject {
  const { trust_domain, ...source } = entry.keys;
  const removed = Object.fromEntries(Object.keys(source).map((name) => [name, null]));
  const name = trust_domain === undefined ? 'jwks' : 'spiffe_bundle';
  return { disabled: false, keys: { ...removed, [name]: keySet } };
}
