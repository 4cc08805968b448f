import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fastify, type FastifyInstance } from 'fastify';
import { ApiError } from '../../../src/server/api-error.js';
import { ignoreTypeOfEmptyBody, useBodyParsers } from '../../../src/server/body-parsers.js';
import { FormParameters } from '../../../src/encoding/form-urlencoded.js';
import { exchange } from '../../support/raw-exchange.js';

const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';

let server: FastifyInstance;
let origin: string;
beforeAll(async () => {
  server = fastify();
  useBodyParsers(server);
  server.addHook('onRequest', (request, _reply, done) => {
    ignoreTypeOfEmptyBody(request.raw.headers);
    done();
  });
  server.setErrorHandler((error, _request, reply) => {
    if (error instanceof ApiError) void reply.code(error.status).send(error.body);
    else void reply.code(500).send({ error: String(error) });
  });
  const echo = {
    handler: ({ body }: { body: unknown }) => ({
      isForm: body instanceof FormParameters,
      body: body ?? null,
    }),
  };
  server.post('/json', echo);
  server.patch('/json', echo);
  server.post('/form', { config: { form: true }, ...echo });
  origin = await server.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(() => server.close());

interface Read {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function send(
  url: '/json' | '/form',
  type: string | undefined,
  payload: string | Buffer,
  method: 'POST' | 'PATCH' = 'POST',
): Promise<Read> {
  const bytes = Buffer.from(payload);
  const contentType = type === undefined ? '' : `Content-Type: ${type}\r\n`;
  const head = `${method} ${url} HTTP/1.1\r\nHost: a\r\n${contentType}Content-Length: ${bytes.length}\r\n\r\n`;
  const { responses } = await exchange(origin, Buffer.concat([Buffer.from(head), bytes]));
  const [response] = responses;
  if (!response) throw new Error('No response');
  return {
    status: response.status,
    body: JSON.parse(Buffer.from(response.text, 'latin1').toString()) as Read['body'],
  };
}

const token = fc.stringMatching(/^[A-Za-z0-9!#$&^_.+-]{1,8}$/);
const space = fc.stringMatching(/^[ \t]{0,2}$/);
const quoted = fc.stringMatching(/^[A-Za-z0-9 ;=,/]{0,8}$/).map((text) => `"${text}"`);
const charset = fc.constantFrom('utf-8', 'UTF-8', '"utf-8"', '"UTF-8"', 'iso-8859-1', 'us-ascii');
const parameter = fc.oneof(
  fc.tuple(fc.constantFrom('charset', 'Charset', 'CHARSET'), charset).map((pair) => pair.join('=')),
  fc.tuple(token, fc.oneof(token, quoted)).map((pair) => pair.join('=')),
  fc.constant(''),
);
const parameters = fc
  .array(fc.tuple(space, space, parameter), { maxLength: 3 })
  .map((list) => list.map(([before, behind, each]) => `${before};${behind}${each}`).join(''));

/** The type in any case, with any parameters. */
const spelled = (type: string): fc.Arbitrary<string> =>
  fc
    .tuple(fc.array(fc.boolean(), { minLength: type.length, maxLength: type.length }), parameters)
    .map(
      ([large, rest]) =>
        [...type].map((each, index) => (large[index] ? each.toUpperCase() : each)).join('') + rest,
    );

describe('a media type', () => {
  it('is JSON in any case and with any parameters, even another charset', async () => {
    await fc.assert(
      fc.asyncProperty(spelled(JSON_TYPE), async (type) => {
        const { status, body } = await send('/json', type, '{"a":"\u00fc"}');
        expect({ status, body }).toEqual({ status: 200, body: { isForm: false, body: { a: '\u00fc' } } });
        const onForm = await send('/form', type, '{}');
        expect(onForm).toMatchObject({ status: 415, body: { error: expect.stringContaining(FORM_TYPE) } });
      }),
    );
  });

  it('is a form in any case and with any parameters', async () => {
    await fc.assert(
      fc.asyncProperty(spelled(FORM_TYPE), async (type) => {
        expect(await send('/form', type, 'a=b')).toMatchObject({ status: 200, body: { isForm: true } });
        expect(await send('/json', type, 'a=b')).toMatchObject({
          status: 415,
          body: { error: `Send the body as ${JSON_TYPE}` },
        });
      }),
    );
  });

  it('of another kind is rejected with a 415 that names the right one, but ignored without a body', async () => {
    const other = fc.oneof(
      fc.constantFrom(
        ...[
          'text/json',
          'application/jsonp',
          'application/json5',
          'application/xjson',
          'json',
          'application/',
          '/',
          '',
        ],
        ...[
          'application/json application/json',
          'application/json,application/json',
          'multipart/form-data',
          ';',
          '"',
        ],
      ),
      fc.stringMatching(/^[ -~]{0,30}$/),
    );
    const known = /^\s*application\/(json|merge-patch\+json|x-www-form-urlencoded)\s*(;|$)/i;
    await fc.assert(
      fc.asyncProperty(other, async (type) => {
        fc.pre(!known.test(type));
        for (const [url, wanted] of [
          ['/json', JSON_TYPE],
          ['/form', FORM_TYPE],
        ] as const) {
          const refused = await send(url, type, 'a=b');
          expect(refused).toEqual({
            status: 415,
            body: { error: `Send the body as ${wanted}`, code: 'unsupported_media_type' },
          });
          expect(await send(url, type, '')).toEqual({ status: 200, body: { isForm: false, body: null } });
        }
      }),
    );
  });

  it.each(['application/merge-patch+json', 'application/Merge-Patch+JSON; charset=utf-8'])(
    'for merge patches is accepted by PATCH, but rejected by POST with 415: %s',
    async (type) => {
      expect((await send('/json', type, '{}', 'PATCH')).status).toBe(200);
      expect((await send('/json', type, '{}')).status).toBe(415);
    },
  );

  it('is still JSON with merge-patch in a parameter', async () => {
    expect((await send('/json', 'application/json; profile=merge-patch', '{}')).status).toBe(200);
  });
});

describe('a byte order mark', () => {
  const MARK = Buffer.from([0xef, 0xbb, 0xbf]);

  it('before JSON is ignored, but a second one is malformed JSON', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), async (text) => {
        const plain = await send('/json', JSON_TYPE, Buffer.from(text));
        expect(await send('/json', JSON_TYPE, Buffer.concat([MARK, Buffer.from(text)]))).toEqual(plain);
        const twice = await send('/json', JSON_TYPE, Buffer.concat([MARK, MARK, Buffer.from(text)]));
        expect(twice.body['error']).toBe('Malformed JSON');
      }),
    );
  });

  it('within a string is kept', async () => {
    const { body } = await send('/json', JSON_TYPE, '{"a":"\uFEFFb"}');
    expect(body['body']).toEqual({ a: '\uFEFFb' });
  });
});
