import type { IncomingHttpHeaders } from 'node:http';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import type { OpenApiDocument, Schema } from './openapi-document.js';

/**
 * The statuses of responses before a route is matched, or without a route, as the contract allows them for
 * every URL. A modified path may still be one of the administration (401).
 */
const BEFORE_ANY_ROUTE = [400, 401, 404, 405, 413, 415, 431];
const ERRORS = { 'application/json': { schema: { $ref: '#/components/schemas/ErrorResponse' } } };

/** The request to a response. */
export interface AskedRequest {
  readonly method: string;
  /** The path in the document; `undefined` if the document does not have it. */
  readonly pattern: string | undefined;
}

/** A response to check. */
export interface GivenResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly type: string;
  readonly text: string;
}

/** Checks responses against an OpenAPI document. */
export class DocumentedResponses {
  private readonly document: OpenApiDocument;
  private readonly ajv = new Ajv({ strict: false, allErrors: false });
  private readonly validators = new Map<string, ValidateFunction>();

  constructor(document: OpenApiDocument) {
    this.document = closed(document) as OpenApiDocument;
    addFormats.default(this.ajv);
    this.ajv.addSchema(this.document, 'document');
  }

  /** @returns what is wrong, in words; `undefined` if the document has the response */
  faultOf(request: AskedRequest, response: GivenResponse): string | undefined {
    if (isPreflight(request, response)) return faultOfHeaders(request, response);
    return this.faultOfBody(request, response) ?? faultOfHeaders(request, response);
  }

  private faultOfBody(
    { method, pattern }: AskedRequest,
    { status, type, text }: GivenResponse,
  ): string | undefined {
    if (status >= 500) return `status ${status}`;
    const isHead = method === 'HEAD';
    const operation = this.document.paths[pattern ?? '']?.[(isHead ? 'GET' : method).toLowerCase()];
    const documented = operation?.responses[String(status)];
    const isKnown = operation ? documented || status === 431 : BEFORE_ANY_ROUTE.includes(status);
    if (!isKnown)
      return operation ? `status ${status} is not documented` : `status ${status} without an operation`;
    if (isHead) return text === '' ? undefined : 'a response to HEAD with a body';
    return this.faultOfContent((documented ?? { content: ERRORS }).content, { status, type, text });
  }

  private faultOfContent(
    content: Readonly<Record<string, { readonly schema: Schema }>> | undefined,
    { status, type, text }: Omit<GivenResponse, 'headers'>,
  ): string | undefined {
    if (content === undefined)
      return text === '' ? undefined : `a body with status ${status}, which documents none`;
    const media = content[type];
    if (!media) return `content type ${type} of status ${status} is not documented`;
    return type === 'application/json' ? this.faultOfJson(media.schema, text) : undefined;
  }

  private faultOfJson(schema: Schema, text: string): string | undefined {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return 'the body is not JSON';
    }
    const validate = this.validator(schema);
    return validate(value)
      ? undefined
      : `the body is not as documented: ${this.ajv.errorsText(validate.errors)}`;
  }

  private validator(schema: Schema): ValidateFunction {
    const key = JSON.stringify(schema);
    const known = this.validators.get(key);
    if (known) return known;
    const { $ref } = schema;
    const made = this.ajv.compile($ref === undefined ? schema : { $ref: `document${$ref}` });
    this.validators.set(key, made);
    return made;
  }
}

/** A preflight request for a public document, which is part of no operation (Fetch standard §4.8). */
function isPreflight({ method }: AskedRequest, { status, headers, text }: GivenResponse): boolean {
  return (
    method === 'OPTIONS' && status === 204 && text === '' && headers['access-control-allow-origin'] === '*'
  );
}

/** What the contract requires of every response. */
function faultOfHeaders(request: AskedRequest, { status, headers, text }: GivenResponse): string | undefined {
  if (headers['x-content-type-options'] !== 'nosniff') return 'no X-Content-Type-Options';
  // Node itself responds to malformed requests, and closes the connection.
  if (headers['x-request-id'] === undefined && headers.connection !== 'close') return 'no X-Request-Id';
  if (status === 405 && headers.allow === undefined) return 'status 405 without Allow';
  if (status === 200 && isSecret(request) && headers['cache-control'] !== 'no-store') {
    return 'a response that may be cached';
  }
  return text.includes('\n    at ') ? 'a stack trace' : undefined;
}

function isSecret({ method, pattern = '' }: AskedRequest): boolean {
  return method === 'POST' && ['/token', '/verify', '/oauth2/token'].includes(pattern);
}

/** A document in which object schemas allow no additional properties, unless they say so. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> = Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, closed(each)]),
  );
  const isClosed =
    copy['type'] === 'object' && copy['properties'] && copy['additionalProperties'] === undefined;
  return isClosed ? { ...copy, additionalProperties: false } : copy;
}
