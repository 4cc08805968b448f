/** The parts of an OpenAPI document that the tests read. */
export interface OpenApi {
  readonly openapi: string;
  readonly info: { readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly securitySchemes: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
}

export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly example?: unknown;
  readonly enum?: readonly unknown[];
}

export interface Content {
  readonly schema?: Schema;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { value: unknown }>>;
}

export interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Content>> };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Readonly<Record<string, Content>> }>
  >;
}

/** The operations by their routes, such as `POST /token`. */
export function operationsOf({ paths }: OpenApi): [route: string, operation: Operation][] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  );
}

export function resolved({ components }: OpenApi, schema: Schema = {}): Schema {
  const name = schema.$ref?.replace('#/components/schemas/', '');
  return name === undefined ? schema : (components.schemas[name] ?? {});
}

/** The body that a reader sees: the example, or one made of the examples of the fields. */
export function exampleOf(document: OpenApi, { schema, example, examples }: Content): unknown {
  const [first] = Object.values(examples ?? {});
  if (example !== undefined || first) return example ?? first?.value;
  const { properties = {}, required = [], example: whole } = resolved(document, schema);
  if (whole !== undefined) return whole;
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, each]) => {
      const value = each.example ?? (required.includes(name) ? each.enum?.[0] : undefined);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
