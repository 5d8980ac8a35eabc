import { describe, expect, test } from 'vitest';
import { isForStaff } from '../../../shared/access/decide.ts';
import * as z from 'zod';
import { isAccountRoute, type Route, routeKey } from '../../../shared/http/route.ts';
import { openApi } from '../../../shared/http/openapi.ts';
import { capabilities, everyRoute } from '../../../functions/routes.ts';

interface Schema {
  [keyword: string]: unknown;
  required?: string[];
  additionalProperties?: boolean | Schema;
}

type Content = Record<string, { schema: Schema }>;

interface Operation {
  operationId: string;
  tags: string[];
  summary: string;
  description: string;
  security: object[];
  parameters: { name: string; in: string; required: boolean }[];
  requestBody?: { required: boolean; content: Content };
  responses: Record<string, { description: string; content?: Content }>;
  'x-permission': string;
}

/** The document as a frontend's generator reads it. */
interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
  components: Record<string, Record<string, Schema>>;
}

const document = openApi(capabilities, ['https://api.portal.test']) as unknown as OpenApi;
const operationOf = (route: Route): Operation => document.paths[route.path]![route.method.toLowerCase()]!;
const routes = everyRoute.map((route) => ({ name: routeKey(route), route, operation: operationOf(route) }));
const problemSchema = document.components['schemas']!['Problem']!;

const text = z.string();
const count = z.int().min(0);
/** A schema of JSON Schema 2020-12 in its shape: known keywords alone, each with what it takes. */
const schema: z.ZodType = z.lazy(() => z.union([z.boolean(), keywords]));
const types = z.enum(['null', 'boolean', 'object', 'array', 'number', 'string', 'integer']);
const keywords = z.strictObject({
  $schema: z.literal('https://json-schema.org/draft/2020-12/schema').optional(),
  $ref: text.startsWith('#/').optional(),
  $defs: z.record(text, schema).optional(),
  title: text.optional(),
  description: text.optional(),
  default: z.unknown().optional(),
  type: z.union([types, z.array(types).min(1)]).optional(),
  enum: z.array(z.unknown()).min(1).optional(),
  const: z.unknown().optional(),
  properties: z.record(text, schema).optional(),
  required: z
    .array(text)
    .refine((names) => new Set(names).size === names.length)
    .optional(),
  additionalProperties: schema.optional(),
  propertyNames: schema.optional(),
  minProperties: count.optional(),
  maxProperties: count.optional(),
  items: schema.optional(),
  prefixItems: z.array(schema).min(1).optional(),
  minItems: count.optional(),
  maxItems: count.optional(),
  uniqueItems: z.boolean().optional(),
  anyOf: z.array(schema).min(1).optional(),
  oneOf: z.array(schema).min(1).optional(),
  allOf: z.array(schema).min(1).optional(),
  not: schema.optional(),
  minLength: count.optional(),
  maxLength: count.optional(),
  pattern: text.refine((pattern) => new RegExp(pattern, 'u') instanceof RegExp).optional(),
  format: text.optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  exclusiveMaximum: z.number().optional(),
  multipleOf: z.number().positive().optional(),
});

/** Every schema of the document, with its place. */
function schemasOf(part: unknown, place = '#'): [string, unknown][] {
  if (typeof part !== 'object' || part === null) return [];
  return Object.entries(part).flatMap(([name, value]) =>
    name === 'schema'
      ? [[`${place}/${name}`, value] as [string, unknown]]
      : schemasOf(value, `${place}/${name}`),
  );
}

/** The objects that a schema describes, each with its place. */
function objectsOf(part: unknown, place = ''): [string, Schema][] {
  if (typeof part !== 'object' || part === null) return [];
  const found = part as Schema;
  const own: [string, Schema][] = found['type'] === 'object' ? [[place, found]] : [];
  return [...own, ...Object.entries(found).flatMap(([name, value]) => objectsOf(value, `${place}/${name}`))];
}

const jsonOf = (message: { content?: Content } | undefined): Schema =>
  message!.content!['application/json']!.schema;
const namesIn = (operation: Operation, place: string): string[] =>
  operation.parameters.filter((one) => one.in === place).map((one) => one.name);

describe('the document', () => {
  test('is one of OpenAPI 3.1, and plain JSON', () => {
    expect(document).toMatchObject({
      openapi: '3.1.0',
      info: { title: expect.any(String), version: expect.any(String) },
      servers: [{ url: 'https://api.portal.test' }],
    });
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
  });

  test('has each route once, and nothing else', () => {
    const written = Object.entries<object>(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(written.toSorted()).toEqual(everyRoute.map(routeKey).toSorted());
    expect(new Set(everyRoute.map(routeKey)).size).toBe(everyRoute.length);
  });

  test('gives each operation a name of its own', () => {
    const names = routes.map(({ operation }) => operation.operationId);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z][A-Za-z0-9]*$/);
  });

  test('refers to nothing that is not in it', () => {
    const references = JSON.stringify(document).matchAll(/"\$ref":"#\/components\/([^"/]+)\/([^"/]+)"/g);
    for (const [, group, name] of references) expect(document.components[group!]?.[name!]).toBeDefined();
  });

  test('has only schemas of JSON Schema 2020-12', () => {
    const all = [...schemasOf(document.paths), ['#/components/schemas/Problem', problemSchema] as const];
    expect(all.length).toBeGreaterThan(everyRoute.length);
    for (const [place, found] of all) {
      const { error } = schema.safeParse(found);
      expect(error && `${place}: ${z.prettifyError(error)}`).toBeUndefined();
    }
  });
});

describe.each(routes)('$name', ({ route, operation }) => {
  test('says what it is, whose, and what it needs', () => {
    expect(operation.tags).toEqual([capabilities.find((one) => one.routes.includes(route))!.name]);
    expect(operation.summary).toBe(route.summary);
    expect(operation.summary).not.toBe('');
    expect(operation.description).not.toBe('');
    expect(operation['x-permission']).toBe(route.permission);
  });

  test('asks for a token unless it is public', () => {
    expect(operation.security).toEqual(route.permission === 'public' ? [] : [{ accessToken: [] }]);
    expect(document.components['securitySchemes']!['accessToken']).toMatchObject({
      type: 'http',
      scheme: 'bearer',
    });
  });

  test('names the parameters of its path and of its query, each once', () => {
    expect(namesIn(operation, 'path')).toEqual(
      [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]),
    );
    const { properties = {} } = route.query ? z.toJSONSchema(route.query) : {};
    expect(namesIn(operation, 'query')).toEqual(Object.keys(properties));
    const all = operation.parameters.map((one) => `${one.in} ${one.name}`);
    expect(new Set(all).size).toBe(all.length);
    for (const parameter of operation.parameters) expect(parameter.required).toBe(parameter.in === 'path');
  });

  test('takes a body exactly where the route does, without any field that is not declared', () => {
    expect(operation.requestBody !== undefined).toBe(route.body !== undefined);
    if (!route.body) return;
    for (const [place, object] of objectsOf(jsonOf(operation.requestBody))) {
      // A map, such as prices by currency, says what it holds.
      const { additionalProperties: others = true } = object;
      const declared = typeof others === 'object' ? others['type'] !== undefined : !others;
      expect([place, declared]).toEqual([place, true]);
    }
  });

  test('tells its success, and lets nothing out that it does not declare', () => {
    const success = operation.responses[route.success]!;
    expect(success.description).not.toBe('');
    expect(success.content !== undefined).toBe(route.answer !== null);
    if (route.success === 204) expect(route.answer).toBeNull();
    if (route.answer === null) expect([202, 204]).toContain(route.success);
    if (!route.answer) return;
    for (const [place, object] of objectsOf(jsonOf(success))) {
      // What the activity log tells of before and after is different for every action.
      if (route.path.endsWith('/activity') && /before|after/.test(place)) continue;
      // A map of names that nobody knows beforehand says at least what it holds.
      const { additionalProperties: others = true } = object;
      const declared = typeof others === 'object' ? others['type'] !== undefined : !others;
      expect([place, declared]).toEqual([place, true]);
    }
  });

  test('tells how it refuses', () => {
    const told = Object.keys(operation.responses).map(Number);
    expect(told).toContain(400);
    if (route.permission !== 'public') expect(told).toContain(401);
    if (isAccountRoute(route)) expect(told).toEqual(expect.arrayContaining([403, 404]));
    for (const [status, response] of Object.entries(operation.responses)) {
      if (Number(status) < 400 || status === '401') continue;
      expect(response.content!['application/problem+json']!.schema).toEqual({
        $ref: '#/components/schemas/Problem',
      });
    }
  });

  test('lets versions be named where something is changed, and keys where something is made', () => {
    const expected = {
      GET: [],
      POST: ['Idempotency-Key'],
      PUT: ['If-Match'],
      PATCH: ['If-Match'],
      DELETE: ['If-Match'],
    };
    expect(namesIn(operation, 'header')).toEqual(expected[route.method]);
  });
});

describe('what is told of refusals', () => {
  test('holds for the one that is explained: a problem has more to say than every problem has', () => {
    expect(problemSchema.additionalProperties).not.toBe(false);
  });

  test('holds for staff’s own routes, which refuse everybody else', () => {
    const staffRoutes = routes.filter(({ route }) => isForStaff(route.permission) && !isAccountRoute(route));
    for (const { operation } of staffRoutes) expect(Object.keys(operation.responses)).toContain('403');
  });

  test('holds for bodies: one with fields that must be there must be there itself', () => {
    for (const { operation } of routes.filter(({ route }) => route.body)) {
      const needsFields = (jsonOf(operation.requestBody).required ?? []).length > 0;
      if (needsFields) expect(operation.requestBody!.required).toBe(true);
    }
  });
});
