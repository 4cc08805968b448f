// Judges answers by an OpenAPI document.
import Ajv from 'ajv';
import addFormats from 'ajv-formats';

/**
 * What a server says before it looks at a route, or where there is none; status by status, with the words of the contract
 * that hold for every address. An address that was bent may still be one of the administration (401).
 */
const BEFORE_ANY_ROUTE = [400, 401, 404, 405, 413, 415, 431];

/** Says what is wrong with an answer. */
export class DocumentedAnswers {
  #document;
  #ajv = new Ajv({ strict: false, allErrors: false });
  #validators = new Map();

  constructor(document) {
    this.#document = closed(document);
    addFormats(this.#ajv);
    this.#ajv.addSchema(this.#document, 'document');
  }

  /** The operations, as `{ method, pattern, operation }`. */
  get operations() {
    return Object.entries(this.#document.paths).flatMap(([pattern, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        method: method.toUpperCase(),
        pattern,
        operation,
      })),
    );
  }

  /** @returns in words what is wrong; nothing where the answer is one of the document */
  faultOf(request, answer) {
    if (isPreflight(request, answer)) return faultOfHeaders(request, answer);
    return this.#faultOfBody(request, answer) ?? faultOfHeaders(request, answer);
  }

  #faultOfBody({ method, pattern }, { status, type, text }) {
    if (status >= 500) return `status ${status}`;
    const methods = this.#document.paths[pattern];
    const isHead = method === 'HEAD';
    const operation = methods?.[(isHead ? 'GET' : method).toLowerCase()];
    const documented = operation?.responses[String(status)];
    if (operation && !documented && status !== 431) return `status ${status} is not documented`;
    if (!operation && !BEFORE_ANY_ROUTE.includes(status))
      return `status ${status} where there is no operation`;
    if (isHead) return text === '' ? undefined : 'an answer to HEAD with a body';
    const { content } = documented ?? { content: ERRORS };
    if (content === undefined)
      return text === '' ? undefined : `a body with status ${status}, where none is documented`;
    const media = content[type];
    if (!media) return `content type ${type} of status ${status} is not documented`;
    if (type !== 'application/json') return undefined;
    return this.#faultOfJson(media.schema, text);
  }

  #faultOfJson(schema, text) {
    let value;
    try {
      value = JSON.parse(text);
    } catch {
      return 'the body is not JSON';
    }
    const validate = this.#validator(schema);
    return validate(value)
      ? undefined
      : `the body is not as documented: ${this.#ajv.errorsText(validate.errors)}`;
  }

  #validator(schema) {
    const key = JSON.stringify(schema);
    const known = this.#validators.get(key);
    if (known) return known;
    const { $ref } = schema;
    const made = this.#ajv.compile($ref ? { $ref: `document${$ref}` } : schema);
    this.#validators.set(key, made);
    return made;
  }
}

/** Browsers ask whether they may read a public document; that is part of no operation (Fetch standard §4.8). */
function isPreflight({ method }, { status, headers, text }) {
  return (
    method === 'OPTIONS' && status === 204 && text === '' && headers['access-control-allow-origin'] === '*'
  );
}

const ERRORS = { 'application/json': { schema: { $ref: '#/components/schemas/ErrorResponse' } } };

/** What the contract asks of every answer. */
function faultOfHeaders({ method, pattern }, { status, headers, text }) {
  if (headers['x-content-type-options'] !== 'nosniff') return 'no X-Content-Type-Options';
  // Node itself closes the connection of what is no request that could be read.
  if (!headers['x-request-id'] && headers.connection !== 'close') return 'no X-Request-Id';
  if (status === 405 && !headers.allow) return 'status 405 without Allow';
  const isSecret = pattern === '/token' || pattern === '/verify' || pattern === '/oauth2/token';
  if (isSecret && method === 'POST' && status === 200 && headers['cache-control'] !== 'no-store') {
    return 'an answer that may be cached';
  }
  return text.includes('\n    at ') ? 'a stack trace' : undefined;
}

/** A document in which a schema that names members allows no other, unless it says so. */
function closed(value) {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([name, each]) => [name, closed(each)]));
  if (copy.type === 'object' && copy.properties && copy.additionalProperties === undefined) {
    copy.additionalProperties = false;
  }
  return copy;
}
