import { damaged, hostileJson, hostileText, type Member, objectText } from './fuzz-values.js';
import type { Credentials } from './http-request.js';
import { mutatedToken } from './mutated-token.js';
import type { OpenApiDocument, Operation, PlacedOperation, Schema } from './openapi-document.js';
import type { Random } from './random.js';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'TRACE', 'PURGE'];
const MEDIA_TYPES = [
  ...[
    'application/json',
    'APPLICATION/JSON ; charset=UTF-8',
    'application/json; charset=utf-16',
    'text/json',
  ],
  ...['application/merge-patch+json', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'],
  ...['text/plain', 'application/octet-stream', 'application/json, text/plain', '/', ';'],
  ...['application/json;;=', '*/*'],
];

const ODD_HEADERS: readonly (readonly [name: string, values: readonly string[]])[] = [
  ['content-encoding', ['gzip', 'identity', 'IDENTITY', 'br, gzip', 'x']],
  ['x-request-id', ['a', 'a b', 'a'.repeat(129), 'eyJhbGciOiJIUzI1NiJ9.e30.AA', '../', '{}']],
  ['x-forwarded-for', ['127.0.0.1', '::1', 'nobody', ','.repeat(500)]],
  ['x-forwarded-proto', ['https', 'javascript']],
  ['x-http-method-override', ['DELETE']],
  ['host', ['localhost', 'evil.example', '', '[::1', 'a b']],
  ['accept', ['text/html', 'application/xml;q=0', '\xff', '*/*;q=nothing']],
  ['accept-encoding', ['gzip', 'identity;q=0, *;q=0']],
  ['expect', ['100-continue', 'something-else']],
  ['origin', ['https://evil.example', 'null']],
  ['range', ['bytes=0-0', 'bytes=9-1']],
  ['if-none-match', ['*', '"x"', 'W/"']],
  ['if-modified-since', ['Thu, 01 Jan 1970 00:00:00 GMT', 'never']],
  ['cookie', ['a=b', '='.repeat(4_000)]],
  ['upgrade', ['websocket', 'h2c']],
  ['x-long', ['a'.repeat(10_000), 'a'.repeat(20_000)]],
  ['access-control-request-method', ['POST']],
];

/** Parameters of forms, also some that the document does not list. */
const FORM_PARAMETERS = [
  ...[
    'grant_type',
    'scope',
    'audience',
    'resource',
    'token',
    'token_type_hint',
    'client_id',
    'client_secret',
  ],
  ...['client_assertion', 'client_assertion_type', 'username', 'code', '__proto__', 'constructor', ''],
];
const BAD_FORM_ENDS = ['&', '=', '&%', '&a=%zz', '&=&=', '&%00=%ff', '&a'.repeat(200)];
const BAD_AUTHORIZATION = [
  'Basic',
  'Basic ',
  'Basic ====',
  'Basic dw==',
  'Bearer',
  'Digest a="b"',
  ':',
  'bearer  a  b',
];
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Valid by the document, nearly valid, or far from it. */
type Style = 'valid' | 'nearly' | 'hostile';

/** What a caller of the running service knows. */
export interface KnownWorld {
  readonly audiences: readonly string[];
  readonly clients: readonly Credentials[];
  /** Clients that requests may change and remove. */
  targets: readonly { readonly id: string; readonly secretIds: readonly string[] }[];
  /** The IDs of trusted issuers that requests may change and remove. */
  issuers: readonly string[];
  tokens: readonly string[];
  publicKeys: readonly string[];
  /** An administrator's token. */
  bearer: string;
}

/** A request as it is sent. */
export interface GeneratedRequest {
  method: string;
  /** The path in the document that `path` was made from; `undefined` if it is none of the document. */
  pattern: string | undefined;
  path: string;
  readonly headers: Record<string, string>;
  body: Buffer | undefined;
}

/** Generates requests to the operations of a document. */
export class RequestGenerator {
  constructor(
    private readonly document: OpenApiDocument,
    private readonly world: KnownWorld,
  ) {}

  next(random: Random, { method, pattern, operation }: PlacedOperation): GeneratedRequest {
    const style = random.kind<Style>({ valid: 4, nearly: 3, hostile: 3 });
    const authorization = this.authorization(random, operation, style);
    const request: GeneratedRequest = {
      method,
      pattern,
      path: this.path(random, { method, pattern, operation }, style),
      headers: authorization === undefined ? {} : { authorization },
      body: undefined,
    };
    this.addBody(random, request, operation, style);
    if (style !== 'valid' && random.chance(0.2)) makeOdd(random, request);
    return request;
  }

  private path(random: Random, { pattern, operation }: PlacedOperation, style: Style): string {
    const filled = this.filledPath(random, pattern, style);
    const query = this.query(random, operation, style);
    return query.length > 0 ? `${filled}?${query.join('&')}` : filled;
  }

  private filledPath(random: Random, pattern: string, style: Style): string {
    const target = random.pick(this.world.targets);
    return pattern.replaceAll(/\{(\w+)\}/g, (_match, name: string) => {
      if (style === 'valid' || random.chance(0.5)) {
        if (pattern.startsWith('/admin/issuers')) return random.pick(this.world.issuers);
        return name === 'id' ? target.id : random.pick(target.secretIds);
      }
      const text = hostileText(random).toWellFormed();
      if (random.chance(0.3)) return text.replaceAll(/[^\x21-\x22\x24-\x2e\x30-\x3e\x40-\x7e]/g, '') || '-';
      return encodeURIComponent(text) || '-';
    });
  }

  private query(random: Random, { parameters = [] }: Operation, style: Style): string[] {
    const query = parameters
      .filter((parameter) => parameter.in === 'query')
      .flatMap(({ name, schema }) => {
        if (random.chance(0.3)) return [];
        const value = (): string =>
          style === 'valid' ? String(this.value(random, name, schema)) : hostileText(random).toWellFormed();
        const times = style !== 'valid' && random.chance(0.1) ? 2 : 1;
        return Array.from({ length: times }, () => `${name}=${encodeURIComponent(value())}`);
      });
    if (style === 'hostile' && random.chance(0.2))
      query.push(random.pick(['', '%', '&&=', 'a[b]=1', '?', '__proto__=1']));
    return query;
  }

  private authorization(random: Random, { security = [] }: Operation, style: Style): string | undefined {
    const schemes = security.flatMap((each) => Object.keys(each));
    const { clients, bearer, tokens, publicKeys, targets } = this.world;
    if (style === 'valid' || random.chance(0.7)) {
      if (schemes.includes('bearer')) return `Bearer ${bearer}`;
      return schemes.includes('basic') ? basic(random.pick(clients)) : undefined;
    }
    const text = random.pick([
      () => undefined,
      () => `Bearer ${mutatedToken(random, [...tokens, bearer], publicKeys)}`,
      () => `Bearer ${random.pick(tokens)}`,
      () => basic({ id: random.pick(targets).id, secret: hostileText(random) }),
      () => basic({ id: hostileText(random), secret: 'x' }),
      () => random.pick(BAD_AUTHORIZATION),
      () => `${basic(random.pick(clients))}, Bearer ${bearer}`,
    ])();
    // The HTTP client rejects any other character in a header.
    return text?.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, '?');
  }

  private addBody(random: Random, request: GeneratedRequest, { requestBody }: Operation, style: Style): void {
    const [type, content] = Object.entries(requestBody?.content ?? {})[0] ?? [];
    if (type === undefined || content === undefined) {
      if (style !== 'hostile' || random.chance(0.7)) return;
      request.headers['content-type'] = random.pick(MEDIA_TYPES);
      request.body = Buffer.from(hostileJson(random));
      return;
    }
    request.headers['content-type'] = type;
    const text = this.bodyText(random, content.schema, style, type === 'application/x-www-form-urlencoded');
    const body = Buffer.from(text);
    request.body = style !== 'valid' && random.chance(0.1) ? damaged(random, body) : body;
  }

  private bodyText(random: Random, schema: Schema, style: Style, isForm: boolean): string {
    if (style === 'hostile') {
      return isForm && random.chance(0.7) ? this.hostileForm(random) : hostileJson(random);
    }
    const members = this.members(random, schema);
    if (style === 'nearly') spoil(random, members, isForm);
    return isForm
      ? formText(members.map(([name, text]): Member => [name, plain(text)]))
      : objectText(members);
  }

  /** The fields of a body and the JSON text of each, valid by the document. */
  private members(random: Random, reference: Schema): Member[] {
    const { properties = {}, required = [] } = this.resolved(reference);
    return Object.entries(properties)
      .filter(([name]) => required.includes(name) || random.chance(0.3))
      .map(([name, schema]): Member => [name, JSON.stringify(this.value(random, name, schema))]);
  }

  /** A value for a field: one that the service knows, the example, or any that the schema allows. */
  private value(random: Random, name: string, reference: Schema): unknown {
    const known = this.knownValues(random, reference)[name];
    if (known && random.chance(0.9)) return known();
    const schema = this.resolved(reference);
    if (schema.example !== undefined && random.chance(0.5)) return schema.example;
    if (schema.enum) return random.pick(schema.enum);
    if (schema.oneOf) return this.value(random, '', random.pick(schema.oneOf));
    return this.valueOfType(random, schema);
  }

  private valueOfType(random: Random, schema: Schema): unknown {
    switch (schema.type) {
      case 'boolean':
        return random.chance(0.5);
      case 'integer':
      case 'number':
        return random.between(schema.minimum ?? 0, 900);
      case 'array':
        return [this.value(random, '', schema.items ?? {})];
      case 'object':
        return {};
      case 'string':
      case undefined:
      default:
        return schema.format === 'date-time'
          ? '2030-01-01T00:00:00Z'
          : random.text('abc-', random.between(1, 20));
    }
  }

  private knownValues(
    random: Random,
    { type }: Schema,
  ): Readonly<Record<string, (() => unknown) | undefined>> {
    const { tokens, audiences, clients, targets, issuers, publicKeys } = this.world;
    return {
      token: () => (random.chance(0.4) ? random.pick(tokens) : mutatedToken(random, tokens, publicKeys)),
      aud: () => random.pick(audiences),
      audience: () => random.pick(audiences),
      audiences: () => [random.pick(audiences)],
      default_audience: () => audiences[0],
      sub: () => random.pick(clients).id,
      client_id: () => `fuzzed-${random.text('abcdefghij', 6)}`,
      scope: () => random.pick(['logs:write', 'logs:read', 'logs:read logs:write']),
      limit: () => random.between(1, 100),
      after: () => random.pick(targets).id,
      nonce: () => random.text('abc.-_09', random.between(1, 128)),
      // The configured algorithm; RSA keys would take long to generate.
      algorithm: () => 'ES256',
      claims: () => (type === 'object' ? { tenant: 'acme' } : ['tenant']),
      id: () => `fuzzed-${random.text('abcdefghij', 6)}`,
      issuer: () => random.pick([...issuers, `https://${random.text('abcdefghij', 6)}.example`]),
      issuers: () => [random.pick(issuers)],
      // A published set of keys would be fetched.
      keys: () => ({ jwks: { keys: [JSON.parse(random.pick(publicKeys)) as unknown] } }),
    };
  }

  private hostileForm(random: Random): string {
    const { clients, tokens, publicKeys } = this.world;
    const client = random.pick(clients);
    const valid = new Map([
      ['grant_type', 'client_credentials'],
      ['client_id', client.id],
      ['client_secret', client.secret],
      ['client_assertion_type', ASSERTION_TYPE],
    ]);
    const parameters = Array.from({ length: random.between(0, 6) }, (): Member => {
      const name = random.pick(FORM_PARAMETERS);
      const known = valid.get(name);
      if (known !== undefined && random.chance(0.7)) return [name, known];
      if (/token|assertion/.test(name) && random.chance(0.7))
        return [name, mutatedToken(random, tokens, publicKeys)];
      return [name, hostileText(random)];
    });
    const text = formText(parameters);
    return random.chance(0.2) ? text + random.pick(BAD_FORM_ENDS) : text;
  }

  private resolved(schema: Schema): Schema {
    const { $ref } = schema;
    if ($ref === undefined) return schema;
    const found = this.document.components.schemas[$ref.replace('#/components/schemas/', '')];
    if (!found) throw new Error(`The document has no ${$ref}`);
    return found;
  }
}

/** Changes some of the fields. */
function spoil(random: Random, members: Member[], isForm: boolean): void {
  for (let times = random.between(1, 2); times > 0; times--) {
    const at = random.between(0, members.length - 1);
    const how = random.kind({ replace: 6, remove: 1, repeat: 1, add: 1, wrap: 1 });
    const name = isForm && random.chance(0.5) ? random.pick(FORM_PARAMETERS) : hostileText(random);
    const member = members[at];
    if (how === 'add') members.push([name, hostileJson(random)]);
    else if (!member) continue;
    else if (how === 'remove') members.splice(at, 1);
    else if (how === 'repeat') members.push(member);
    else if (how === 'wrap') members[at] = [member[0], `[${member[1]}]`];
    else members[at] = [member[0], hostileJson(random)];
  }
}

/** Changes the method, the path or a header. */
function makeOdd(random: Random, request: GeneratedRequest): void {
  switch (random.kind({ header: 5, type: 3, method: 2, path: 1 })) {
    case 'header': {
      const [name, values] = random.pick(ODD_HEADERS);
      request.headers[name] = random.pick(values);
      break;
    }
    case 'type':
      if (random.chance(0.2)) delete request.headers['content-type'];
      else request.headers['content-type'] = random.pick(MEDIA_TYPES);
      break;
    case 'method':
      request.method = random.pick(METHODS);
      break;
    case 'path':
      request.path = random.pick(oddPaths(request.path.split('?')[0] ?? ''));
      // The new path may not be one of the document.
      request.pattern = undefined;
  }
}

const oddPaths = (path: string): readonly string[] => [
  ...[`${path}/`, `/${path}`, `${path}//`, path.toUpperCase(), `${path}%00`, `${path}%`, `${path};a`],
  ...[`${path}.json`, '/', '/admin', '/..', '/%2e%2e/token', '/health', `/${'a'.repeat(9_000)}`],
];

const basic = ({ id, secret }: Credentials): string =>
  `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;

const formText = (parameters: readonly Member[]): string =>
  parameters
    .map((parameter) => parameter.map((text) => encodeURIComponent(text.toWellFormed())).join('='))
    .join('&');

/** JSON text as a form would have it. */
function plain(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : text;
  } catch {
    return text;
  }
}
