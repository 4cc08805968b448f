// Requests to one operation of an OpenAPI document: as it asks for, nearly so, and nothing like it.
import { damaged, hostileJson, hostileText, objectText } from './hostile-values.js';
import { mutatedToken } from './mutated-tokens.js';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'TRACE', 'PURGE'];

const MEDIA_TYPES = [
  ...[
    'application/json',
    'APPLICATION/JSON ; charset=UTF-8',
    'application/json; charset=utf-16',
    'text/json',
  ],
  ...['application/merge-patch+json', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'],
  ...[
    'text/plain',
    'application/octet-stream',
    'application/json, text/plain',
    '/',
    ';',
    'application/json;;=',
    '*/*',
  ],
];

const ODD_HEADERS = {
  'content-encoding': ['gzip', 'identity', 'IDENTITY', 'br, gzip', 'x'],
  'x-request-id': ['a', 'a b', 'a'.repeat(129), 'eyJhbGciOiJIUzI1NiJ9.e30.AA', '../', '{}'],
  'x-forwarded-for': ['127.0.0.1', '::1', 'nobody', ','.repeat(500)],
  'x-forwarded-proto': ['https', 'javascript'],
  'x-http-method-override': ['DELETE'],
  host: ['localhost', 'evil.example', '', '[::1', 'a b'],
  accept: ['text/html', 'application/xml;q=0', '\xff', '*/*;q=nothing'],
  'accept-encoding': ['gzip', 'identity;q=0, *;q=0'],
  expect: ['100-continue', 'something-else'],
  origin: ['https://evil.example', 'null'],
  range: ['bytes=0-0', 'bytes=9-1'],
  'if-none-match': ['*', '"x"', 'W/"'],
  'if-modified-since': ['Thu, 01 Jan 1970 00:00:00 GMT', 'never'],
  cookie: ['a=b', '='.repeat(4_000)],
  upgrade: ['websocket', 'h2c'],
  'x-long': ['a'.repeat(10_000), 'a'.repeat(20_000)],
  'access-control-request-method': ['POST'],
};

/** Members of forms that the document does not list, and `/oauth2/token` reads. */
const FORM_MEMBERS = [
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

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Makes requests to the operations of a document, with what a caller of the running service knows. */
export class RequestGenerator {
  /** @param world what is known: `tokens`, `bearer`, `clients`, `targets`, `publicKeys`, `audiences`, `issuer` */
  constructor(document, world) {
    this.document = document;
    this.world = world;
  }

  /** @returns `method`, `path`, `headers`, `body`, and the `pattern` that the path was made of; none where it is another */
  next(random, { method, pattern, operation }) {
    const style = random.weighted({ valid: 4, nearly: 3, hostile: 3 });
    const request = {
      method,
      pattern,
      path: this.#path(random, pattern, operation, style),
      headers: { ...this.#authorization(random, operation, style) },
      body: undefined,
    };
    this.#addBody(random, request, operation, style);
    if (style !== 'valid' && random.chance(0.2)) this.#makeOdd(random, request);
    return request;
  }

  #path(random, pattern, { parameters = [] }, style) {
    const target = random.pick(this.world.targets);
    const filled = pattern.replaceAll(/\{(\w+)\}/g, (_, name) => {
      if (style === 'valid' || random.chance(0.5)) {
        return name === 'id' ? target.id : random.pick(target.secretIds);
      }
      const text = hostileText(random).toWellFormed();
      if (random.chance(0.3)) return text.replaceAll(/[^\x21-\x22\x24-\x2e\x30-\x3e\x40-\x7e]/g, '') || '-';
      return encodeURIComponent(text) || '-';
    });
    const query = parameters
      .filter((parameter) => parameter.in === 'query')
      .flatMap(({ name, schema }) => {
        if (random.chance(0.3)) return [];
        const value = () =>
          style === 'valid' ? String(this.#value(random, name, schema)) : hostileText(random).toWellFormed();
        const times = style !== 'valid' && random.chance(0.1) ? 2 : 1;
        return Array.from({ length: times }, () => `${name}=${encodeURIComponent(value())}`);
      });
    if (style === 'hostile' && random.chance(0.2))
      query.push(random.pick(['', '%', '&&=', 'a[b]=1', '?', '__proto__=1']));
    return query.length > 0 ? `${filled}?${query.join('&')}` : filled;
  }

  #authorization(random, { security = [] }, style) {
    const schemes = security.flatMap((each) => Object.keys(each));
    const { clients, bearer, tokens } = this.world;
    if (style === 'valid' || random.chance(0.7)) {
      if (schemes.includes('bearer')) return { authorization: `Bearer ${bearer}` };
      if (schemes.includes('basic')) return { authorization: basic(random.pick(clients)) };
      return {};
    }
    const text = random.pick([
      () => undefined,
      () => `Bearer ${mutatedToken(random, [...tokens, bearer], this.world.publicKeys)}`,
      () => `Bearer ${random.pick(tokens)}`,
      () => basic({ id: random.pick(this.world.targets).id, secret: hostileText(random) }),
      () => basic({ id: hostileText(random), secret: 'x' }),
      () =>
        random.pick([
          'Basic',
          'Basic ',
          'Basic ====',
          'Basic dw==',
          'Bearer',
          'Digest a="b"',
          ':',
          'bearer  a  b',
        ]),
      () => `${basic(random.pick(clients))}, Bearer ${bearer}`,
    ])();
    return text === undefined ? {} : { authorization: asHeader(text) };
  }

  #addBody(random, request, { requestBody }, style) {
    const [[type, content] = []] = Object.entries(requestBody?.content ?? {});
    if (type === undefined) {
      if (style !== 'hostile' || random.chance(0.7)) return;
      request.headers['content-type'] = random.pick(MEDIA_TYPES);
      request.body = Buffer.from(hostileJson(random));
      return;
    }
    const isForm = type === 'application/x-www-form-urlencoded';
    request.headers['content-type'] = type;
    const members = this.#members(random, content.schema);
    if (style === 'nearly') this.#spoil(random, members, isForm);
    const text =
      style === 'hostile'
        ? isForm && random.chance(0.7)
          ? this.#hostileForm(random)
          : hostileJson(random)
        : isForm
          ? formText(members.map(([name, value]) => [name, plain(value)]))
          : objectText(members);
    request.body = Buffer.from(text);
    if (style === 'hostile' && random.chance(0.1)) request.body = damaged(random, request.body);
    if (style === 'nearly' && random.chance(0.1)) request.body = damaged(random, request.body);
  }

  /** The members of a body and the JSON text of each, as the document asks for. */
  #members(random, reference) {
    const { properties = {}, required = [] } = this.#resolved(reference);
    return Object.entries(properties)
      .filter(([name]) => required.includes(name) || random.chance(0.3))
      .map(([name, schema]) => [name, JSON.stringify(this.#value(random, name, schema))]);
  }

  /** A value that a member may have: what the service knows, what the document shows, or what the schema allows. */
  #value(random, name, reference) {
    const { tokens, audiences, clients, targets } = this.world;
    const known = {
      token: () =>
        random.chance(0.4) ? random.pick(tokens) : mutatedToken(random, tokens, this.world.publicKeys),
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
      // RSA keys take long to make; the algorithm in force is asked for.
      algorithm: () => 'ES256',
      claims: () => (reference.type === 'object' ? { tenant: 'acme' } : ['tenant']),
    }[name];
    if (known && random.chance(0.9)) return known();
    const schema = this.#resolved(reference);
    if (schema.example !== undefined && random.chance(0.5)) return schema.example;
    if (schema.enum) return random.pick(schema.enum);
    if (schema.oneOf) return this.#value(random, '', random.pick(schema.oneOf));
    if (schema.type === 'boolean') return random.chance(0.5);
    if (schema.type === 'integer' || schema.type === 'number')
      return random.between(schema.minimum ?? 0, 900);
    if (schema.type === 'array') return [this.#value(random, '', schema.items)];
    if (schema.type === 'object') return {};
    return schema.format === 'date-time'
      ? '2030-01-01T00:00:00Z'
      : random.text('abc-', random.between(1, 20));
  }

  #spoil(random, members, isForm) {
    for (let times = random.between(1, 2); times > 0; times--) {
      const at = random.between(0, members.length - 1);
      const how = random.weighted({ replace: 6, remove: 1, repeat: 1, add: 1, wrap: 1 });
      const name = isForm && random.chance(0.5) ? random.pick(FORM_MEMBERS) : hostileText(random);
      if (how === 'add') members.push([name, hostileJson(random)]);
      else if (members.length === 0) continue;
      else if (how === 'remove') members.splice(at, 1);
      else if (how === 'repeat') members.push(members[at]);
      else if (how === 'wrap') members[at] = [members[at][0], `[${members[at][1]}]`];
      else members[at] = [members[at][0], hostileJson(random)];
    }
  }

  #hostileForm(random) {
    const { clients, tokens, publicKeys } = this.world;
    const client = random.pick(clients);
    const good = {
      grant_type: 'client_credentials',
      client_id: client.id,
      client_secret: client.secret,
      client_assertion_type: ASSERTION_TYPE,
    };
    const parameters = Array.from({ length: random.between(0, 6) }, () => {
      const name = random.pick(FORM_MEMBERS);
      if (name in good && Object.hasOwn(good, name) && random.chance(0.7)) return [name, good[name]];
      if (/token|assertion/.test(name) && random.chance(0.7))
        return [name, mutatedToken(random, tokens, publicKeys)];
      return [name, hostileText(random)];
    });
    const text = formText(parameters);
    return random.chance(0.2)
      ? text + random.pick(['&', '=', '&%', '&a=%zz', '&=&=', '&%00=%ff', '&a'.repeat(200)])
      : text;
  }

  /** Changes what is around the body. */
  #makeOdd(random, request) {
    const how = random.weighted({ header: 5, type: 3, method: 2, path: 1 });
    if (how === 'header') {
      const name = random.pick(Object.keys(ODD_HEADERS));
      request.headers[name] = random.pick(ODD_HEADERS[name]);
    }
    if (how === 'type') {
      if (random.chance(0.2)) delete request.headers['content-type'];
      else request.headers['content-type'] = random.pick(MEDIA_TYPES);
    }
    if (how === 'method') request.method = random.pick(METHODS);
    if (how === 'path') {
      const [path] = request.path.split('?');
      const other = [
        `${path}/`,
        `/${path}`,
        `${path}//`,
        path.toUpperCase(),
        `${path}%00`,
        `${path}%`,
        `${path};a`,
        `${path}.json`,
      ];
      request.path = random.pick([
        ...other,
        '/',
        '/admin',
        '/..',
        '/%2e%2e/token',
        '/health',
        `/${'a'.repeat(9_000)}`,
      ]);
      // Whatever it is now, it is no longer surely an address of the document.
      request.pattern = undefined;
    }
  }

  #resolved(schema = {}) {
    const { $ref } = schema;
    return $ref ? this.document.components.schemas[$ref.replace('#/components/schemas/', '')] : schema;
  }
}

const basic = ({ id, secret }) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;

/** What may stand in a header at all: the client would refuse to send anything else. */
const asHeader = (text) => text.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, '?');

const formText = (parameters) =>
  parameters
    .map(
      ([name, value]) =>
        `${encodeURIComponent(name.toWellFormed())}=${encodeURIComponent(value.toWellFormed())}`,
    )
    .join('&');

/** JSON text as a form would have it. */
function plain(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === 'string' ? value : text;
  } catch {
    return text;
  }
}
