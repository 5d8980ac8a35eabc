import { beforeAll, describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { type Answered, PortalClient } from '../../support/local/portal-client.ts';
import {
  addContact,
  addSubAccount,
  grant,
  invitationLink,
  type Json,
  openAccount,
  password,
  sorted,
  staffEmail,
} from '../people.ts';

const client = new PortalClient(inject('portal'));

/** The routes these tests use, as a frontend knows them. */
const routes = [
  'GET /v1/me',
  'GET /v1/permissions',
  'GET /v1/accounts/{accountId}',
  'PATCH /v1/accounts/{accountId}',
  'GET /v1/accounts/{accountId}/contacts',
  'POST /v1/accounts/{accountId}/contacts',
  'GET /v1/accounts/{accountId}/contacts/{id}',
  'PATCH /v1/accounts/{accountId}/contacts/{id}',
  'DELETE /v1/accounts/{accountId}/contacts/{id}',
  'PUT /v1/accounts/{accountId}/contacts/{id}/sub-account',
  'DELETE /v1/accounts/{accountId}/contacts/{id}/sub-account',
  'GET /v1/accounts/{accountId}/contacts/{id}/effective-access',
  'GET /v1/accounts/{accountId}/access-requests',
  'POST /v1/accounts/{accountId}/access-requests',
  'POST /v1/accounts/{accountId}/access-requests/{id}/approve',
  'POST /v1/accounts/{accountId}/access-requests/{id}/reject',
  'GET /v1/accounts/{accountId}/activity',
  'GET /v1/accounts/{accountId}/tickets',
  'POST /v1/accounts/{accountId}/tickets',
  'GET /v1/accounts/{accountId}/tickets/{id}',
  'POST /v1/accounts/{accountId}/tickets/{id}/replies',
  'POST /v1/accounts/{accountId}/tickets/{id}/close',
  'POST /v1/accounts/{accountId}/tickets/{id}/reopen',
  'GET /v1/accounts/{accountId}/invoices',
  'GET /v1/invitation/{id}',
  'POST /v1/invitation/{id}',
  'POST /v1/sign-in/help',
  'PATCH /v1/me',
  'POST /v1/me/password',
  'POST /v1/me/sign-out-everywhere',
  'POST /v1/me/memberships/{accountId}/accept',
  'DELETE /v1/me/memberships/{accountId}',
  'GET /v1/staff/accounts',
  'POST /v1/staff/accounts',
];

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

interface Operation {
  name: string;
  method: string;
  path: string;
  says: Json;
}

let document: Json;
let operations: Operation[];

beforeAll(async () => {
  const answer = await fetch(client.portal.openapiUrl);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toMatch(/json/);
  document = await answer.json();
  operations = Object.entries<Json>(document.paths).flatMap(([path, item]) =>
    methods
      .filter((method) => method in item)
      .map((method) => ({ name: `${method.toUpperCase()} ${path}`, method, path, says: item[method] })),
  );
});

const anonymous = (name: string): string => name.replace(/\{(?!accountId)\w+\}/g, '{id}');

const find = (name: string): Operation => operations.find((operation) => anonymous(operation.name) === name)!;

/** What a reference inside the document leads to. */
const follow = (reference: string): Json =>
  reference
    .slice(2)
    .split('/')
    .reduce((at, key) => at?.[key.replaceAll('~1', '/').replaceAll('~0', '~')], document);

function referencesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === '$ref' && typeof inner === 'string' ? [inner] : referencesIn(inner),
  );
}

describe('the document', () => {
  test('is OpenAPI 3.1 with a title and a version', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d+$/);
    expect(document.info).toMatchObject({
      title: expect.stringMatching(/./),
      version: expect.stringMatching(/./),
    });
    const known = ['openapi', 'info', 'jsonSchemaDialect', 'servers', 'paths', 'webhooks', 'components'];
    const allowed = new Set([...known, 'security', 'tags', 'externalDocs']);
    expect(Object.keys(document).filter((key) => !allowed.has(key) && !key.startsWith('x-'))).toEqual([]);
  });

  test('has no reference that leads nowhere', () => {
    for (const reference of referencesIn(document)) {
      expect(reference).toMatch(/^#\//);
      expect(follow(reference), reference).toBeDefined();
    }
  });

  test('has well-formed operations: unique ids, described answers, every parameter of the path', () => {
    const ids = operations.map(({ says }) => says.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { name, path, method, says } of operations) {
      expect(path, name).toMatch(/^\//);
      expect(Object.keys(says.responses).length, name).toBeGreaterThan(0);
      for (const [status, response] of Object.entries<Json>(says.responses)) {
        expect(status, name).toMatch(/^([1-5]\d\d|[1-5]XX|default)$/);
        const whole = response.$ref ? follow(response.$ref) : response;
        expect(whole.description, `${name} ${status}`).toEqual(expect.any(String));
        for (const media of Object.values<Json>(whole.content ?? {}))
          expect(media.schema, name).toBeDefined();
      }
      const parameters = [...(document.paths[path].parameters ?? []), ...(says.parameters ?? [])].map(
        (parameter) => (parameter.$ref ? follow(parameter.$ref) : parameter),
      );
      for (const parameter of parameters) {
        expect(['path', 'query', 'header', 'cookie'], name).toContain(parameter.in);
        expect(parameter.schema ?? parameter.content, `${name} ${parameter.name}`).toBeDefined();
        if (parameter.in === 'path') expect(parameter.required, `${name} ${parameter.name}`).toBe(true);
      }
      const inPath = parameters
        .filter((parameter) => parameter.in === 'path')
        .map(({ name }) => name as string);
      const placeholders = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!);
      expect(sorted(placeholders), name).toEqual(sorted(inPath));
      if (says.requestBody) {
        expect(method, name).not.toBe('get');
        expect(Object.keys(says.requestBody.content), name).toContain('application/json');
      }
    }
  });

  test('names the access token as what every route needs but those that open to a signature or to nobody in particular', () => {
    const schemes = Object.entries<Json>(document.components.securitySchemes);
    const bearer = schemes.find(([, scheme]) => scheme.type === 'http' && scheme.scheme === 'bearer')!;
    for (const { name, says } of operations) {
      const security = says.security ?? document.security;
      // A payment gateway and one who is invited have no token: a signature is looked at instead.
      const isOpen = /\/v1\/(webhooks\/|invitation\/|mail\/|unsubscribe\/|sign-in\/help$)/.test(name);
      const expected = isOpen ? [] : [{ [bearer[0]]: expect.any(Array) }];
      expect(security, name).toEqual(expected);
    }
  });

  test('lists every route that there is', () => {
    expect(operations.map(({ name }) => anonymous(name))).toEqual(expect.arrayContaining(routes));
  });

  test('says that a body is needed where one is', () => {
    const optional = operations.filter(({ says }) => {
      const schema = says.requestBody?.content['application/json'].schema;
      return schema?.required?.length > 0 && says.requestBody.required !== true;
    });
    expect(optional.map(({ name }) => name)).toEqual([]);
  });

  test('tells of If-Match where there is an ETag, and of Idempotency-Key on every POST', () => {
    const headersOf = ({ says }: Operation): string[] =>
      (says.parameters ?? []).map((parameter: Json) => (parameter.name as string).toLowerCase());
    for (const operation of operations) {
      if (operation.method === 'post')
        expect(headersOf(operation), operation.name).toContain('idempotency-key');
      if (['put', 'patch', 'delete'].includes(operation.method))
        expect(headersOf(operation), operation.name).toContain('if-match');
    }
  });

  test('has no address of this machine in it', () => {
    expect(JSON.stringify(document)).not.toMatch(/127\.0\.0\.1|localhost|\/work\/|\/tmp\//);
  });
});

describe('what the API answers', () => {
  /** An answer is one that the document tells of, down to its fields. */
  function expectDocumented(name: string, answer: Answered): void {
    const { responses } = find(name).says;
    const listed = responses[answer.status] ?? responses.default;
    expect(listed, `${name} may answer ${answer.status}`).toBeDefined();
    if (answer.body === undefined) return;
    const type = answer.headers.get('content-type')!.split(';')[0]!;
    const media = (listed.$ref ? follow(listed.$ref) : listed).content?.[type];
    expect(media, `${name} may answer ${answer.status} as ${type}`).toBeDefined();
    const schema = media.schema.$ref ? follow(media.schema.$ref) : media.schema;
    const { error } = z.fromJSONSchema(schema).safeParse(answer.body);
    expect(error?.issues ?? [], `${name} ${answer.status}`).toEqual([]);
  }

  test('to those who may is what the document says', async () => {
    const account = await openAccount(client);
    const { token } = account.owner;
    const staff = await client.token(staffEmail);
    const contact = await addContact(client, account);
    const person = await addSubAccount(client, account, ['tickets']);
    const a = '/v1/accounts/{accountId}';
    const check = async (name: string, path: string, body?: unknown, as = token): Promise<Answered> => {
      const answer = await client.call(as, name.split(' ')[0]!, path, body);
      expect(answer.status, name).toBeLessThan(300);
      expectDocumented(name, answer);
      return answer;
    };
    await check('GET /v1/me', '/v1/me');
    await check('GET /v1/me', '/v1/me', undefined, staff);
    await check('GET /v1/permissions', '/v1/permissions');
    await check(`GET ${a}`, account.path);
    await check(`GET ${a}`, account.path, undefined, person.token);
    await check(`PATCH ${a}`, account.path, { taxId: 'GB123', address: { city: 'York' } });
    const access = { permissions: ['tickets'], password, expiresAt: '2099-01-01T00:00:00Z', note: 'A note' };
    await check(`PUT ${a}/contacts/{id}/sub-account`, `${contact.path}/sub-account`, access);
    await check(`GET ${a}/contacts`, `${account.path}/contacts`);
    await check(`GET ${a}/contacts/{id}`, contact.path);
    await check(`PATCH ${a}/contacts/{id}`, contact.path, { phone: '+44 20 7946 0000' });
    await check(`GET ${a}/contacts/{id}/effective-access`, `${contact.path}/effective-access`);
    await check(`DELETE ${a}/contacts/{id}/sub-account`, `${contact.path}/sub-account`);
    await check(`DELETE ${a}/contacts/{id}`, contact.path);
    const requests = `${account.path}/access-requests`;
    const wanted = { permissions: ['invoices'], message: 'Please.' };
    const asked = await check(`POST ${a}/access-requests`, requests, wanted, person.token);
    await check(`POST ${a}/access-requests/{id}/approve`, `${requests}/${asked.body.id}/approve`);
    await check(`GET ${a}/access-requests`, requests);
    const tickets = `${account.path}/tickets`;
    const opened = await check(`POST ${a}/tickets`, tickets, { subject: 'Hello', message: 'Hello.' });
    const ticket = `${tickets}/${opened.body.id}`;
    await check(
      `POST ${a}/tickets/{id}/replies`,
      `${ticket}/replies`,
      { message: 'And?', private: true },
      staff,
    );
    await check(`POST ${a}/tickets/{id}/close`, `${ticket}/close`);
    await check(`POST ${a}/tickets/{id}/reopen`, `${ticket}/reopen`);
    await check(`GET ${a}/tickets/{id}`, ticket, undefined, staff);
    await check(`GET ${a}/tickets`, tickets);
    await check(`GET ${a}/activity`, `${account.path}/activity`);
    await check(`GET ${a}/invoices`, `${account.path}/invoices`);
    await check('GET /v1/staff/accounts', '/v1/staff/accounts?limit=3', undefined, staff);
    const invited = await addContact(client, account);
    await grant(client, account, invited, { permissions: ['tickets'] });
    const link = await invitationLink(client, account, invited.email);
    await check('GET /v1/invitation/{id}', link);
    await check('POST /v1/invitation/{id}', link, { name: 'Ines', password });
    await check('POST /v1/sign-in/help', '/v1/sign-in/help', { email: invited.email });
  });

  test('to those who may not, or ask for what cannot be, is what the document says', async () => {
    const account = await openAccount(client);
    const { token } = account.owner;
    const manager = await addSubAccount(client, account, ['contacts']);
    const contact = await addContact(client, account);
    const a = '/v1/accounts/{accountId}';
    const sub = `${contact.path}/sub-account`;
    const all = { permissions: ['invoices'] };
    const key = { 'idempotency-key': contact.id };
    const stale = { 'if-match': '"stale"' };
    const contacts = `${account.path}/contacts`;
    await client.call(token, 'POST', contacts, { name: 'One', email: 'one@people.test' }, key);
    const tries: [name: string, status: number, answer: Answered][] = [
      [`GET ${a}/invoices`, 403, await client.call(manager.token, 'GET', `${account.path}/invoices`)],
      [`PUT ${a}/contacts/{id}/sub-account`, 403, await client.call(manager.token, 'PUT', sub, all)],
      [`GET ${a}/contacts/{id}`, 404, await client.call(token, 'GET', `${contact.path}x`)],
      [`POST ${a}/contacts`, 400, await client.call(token, 'POST', contacts, {})],
      [`POST ${a}/contacts`, 422, await client.call(token, 'POST', contacts, { name: 'Two' }, key)],
      [
        `PATCH ${a}/contacts/{id}`,
        412,
        await client.call(token, 'PATCH', contact.path, { name: 'x' }, stale),
      ],
      ['GET /v1/staff/accounts', 403, await client.call(token, 'GET', '/v1/staff/accounts')],
    ];
    const undocumented: string[] = [];
    for (const [name, status, answer] of tries) {
      expect(answer.status, name).toBe(status);
      try {
        expectDocumented(name, answer);
      } catch (error) {
        undocumented.push(`${name} ${status}: ${(error as Error).message}`);
      }
    }
    expect(undocumented).toEqual([]);
  });
});

describe('the page of the document', () => {
  test('is served from here alone: no address of another host in it or in what it loads', async () => {
    const seen = new Map<string, string>();
    const load = async (url: string): Promise<void> => {
      if (seen.has(url)) return;
      const answer = await fetch(url);
      expect(answer.status, url).toBe(200);
      const text = await answer.text();
      seen.set(url, text);
      if (!answer.headers.get('content-type')!.includes('html')) return;
      for (const match of text.matchAll(/(?:src|href)=["']?([^"'\s>]+)/g)) {
        const loaded = new URL(match[1]!, answer.url);
        expect(loaded.origin, match[0]).toBe(new URL(client.portal.apiUrl).origin);
        await load(loaded.href);
      }
    };
    await load(client.portal.docsUrl);
    const page = seen.get(client.portal.docsUrl)!;
    expect(page).not.toMatch(/https?:\/\//);
    expect(page).not.toMatch(/src=["']?\/\//);
    expect(seen.size).toBeGreaterThan(1);
    const own = [...seen].filter(([url]) => url.endsWith('.js') && !url.includes('bundle'));
    expect(own.map(([, text]) => text).join('\n')).toContain('openapi.json');
  });
});
