import { beforeAll, describe, expect, inject, test } from 'vitest';
import { type Answered, PortalClient } from '../../support/local/portal-client.ts';
import {
  type Account,
  activityOf,
  addContact,
  addSubAccount,
  allOf,
  allPermissions,
  type Contact,
  grant,
  type Json,
  openAccount,
  password,
  problemType,
  readContact,
  sorted,
  staffEmail,
} from '../people.ts';

const client = new PortalClient(inject('portal'));

let account: Account;
let contact: Contact;

beforeAll(async () => {
  account = await openAccount(client);
  contact = await addContact(client, account);
});

const asOwner = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
): Promise<Answered> => client.call(account.owner.token, method, path, body, headers);

/** All that there is in the account: what was refused leaves every part of it as it was. */
async function everything(): Promise<unknown> {
  const { token } = account.owner;
  const card = await client.call(token, 'GET', account.path);
  return {
    card: card.body,
    etag: card.headers.get('etag'),
    contacts: await allOf(client, token, `${account.path}/contacts`),
    tickets: await allOf(client, token, `${account.path}/tickets`),
    requests: await allOf(client, token, `${account.path}/access-requests`),
    activity: await activityOf(client, account),
  };
}

async function leavesNothing(act: () => Promise<void>): Promise<void> {
  const before = await everything();
  await act();
  expect(await everything()).toEqual(before);
}

/** A refusal that says where, and nothing of what is inside. */
function expectBadRequest(answer: Answered, paths?: string[]): void {
  expect(answer.status, JSON.stringify(answer.body)).toBe(400);
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(answer.body).toMatchObject({
    type: problemType('invalid-request'),
    title: expect.any(String),
    status: 400,
    requestId: expect.any(String),
    errors: expect.any(Array),
  });
  expect(answer.body.errors.length).toBeGreaterThan(0);
  for (const error of answer.body.errors)
    expect(error).toEqual({
      path: expect.any(String),
      code: expect.stringMatching(/^[a-z-]+$/),
      message: expect.stringMatching(/^(?!Invalid|Too |Unrecognized)./),
    });
  const named = new Set(answer.body.errors.map((error: Json) => error.path));
  if (paths) expect([...named]).toEqual(paths);
  // Its id is random, and may spell anything.
  expect(JSON.stringify({ ...answer.body, requestId: '' })).not.toMatch(
    /node_modules|\.ts:|\.js:|\bat Object|dynamo|zod/i,
  );
}

describe('a body', () => {
  test('that is not JSON is a bad request on every route that takes one', async () => {
    await leavesNothing(async () => {
      const bodies = ['{', '{"name":', 'name=Cora', '[', '{"name": "Cora",}', '\u0000', "{'name': 'x'}"];
      for (const body of bodies) {
        expectBadRequest(await asOwner('POST', `${account.path}/contacts`, body));
        expectBadRequest(await asOwner('PATCH', account.path, body));
        expectBadRequest(await asOwner('PUT', `${contact.path}/sub-account`, body));
        expectBadRequest(await asOwner('POST', `${account.path}/tickets`, body));
      }
    });
  });

  test('that is JSON but no object, or none at all, is a bad request', async () => {
    await leavesNothing(async () => {
      for (const body of ['null', '[]', '"text"', '42', 'true', '[{"name":"Cora"}]'])
        expectBadRequest(await asOwner('POST', `${account.path}/contacts`, body));
      expectBadRequest(await asOwner('POST', `${account.path}/contacts`));
      expectBadRequest(await asOwner('POST', `${account.path}/tickets`));
      expectBadRequest(await asOwner('PUT', `${contact.path}/sub-account`));
    });
  });

  test('with wrong types says where each of them is', async () => {
    await leavesNothing(async () => {
      const path = `${account.path}/contacts`;
      expectBadRequest(await asOwner('POST', path, { name: 5, email: ['a@b.test'] }), ['name', 'email']);
      expectBadRequest(await asOwner('POST', path, { name: 'Cora', email: 'a@b.test', phone: 441234 }), [
        'phone',
      ]);
      const preferences = { support: 'yes', invoice: 1 };
      const nested = { name: 'Cora', email: 'a@b.test', emailPreferences: preferences };
      const { body, ...rest } = await asOwner('POST', path, nested);
      expectBadRequest({ body, ...rest });
      expect(sorted(body.errors.map((error: Json) => error.path))).toEqual([
        'emailPreferences.invoice',
        'emailPreferences.support',
      ]);
      const sub = `${contact.path}/sub-account`;
      expectBadRequest(await asOwner('PUT', sub, { permissions: 'tickets' }), ['permissions']);
      expectBadRequest(await asOwner('PUT', sub, { permissions: [null] }), ['permissions.0']);
      expectBadRequest(await asOwner('PUT', sub, { permissions: { 0: 'tickets' } }), ['permissions']);
      for (const expiresAt of ['tomorrow', '2026-13-01T00:00:00Z', 1_900_000_000, '2099-01-01'])
        expectBadRequest(await asOwner('PUT', sub, { permissions: ['tickets'], expiresAt }), ['expiresAt']);
      expectBadRequest(await asOwner('POST', `${account.path}/tickets`, { subject: {}, message: [] }), [
        'subject',
        'message',
      ]);
      expectBadRequest(await asOwner('PATCH', account.path, { address: 'York' }), ['address']);
    });
  });

  test('with a field that nobody knows is refused, so that a misspelt one is noticed', async () => {
    await leavesNothing(async () => {
      const made = { name: 'Cora', email: 'a@b.test' };
      expectBadRequest(await asOwner('POST', `${account.path}/contacts`, { ...made, permisions: [] }), [
        'permisions',
      ]);
      expectBadRequest(await asOwner('PATCH', account.path, { nmae: 'Acme' }), ['nmae']);
      const proto = '{"name":"Cora","email":"a@b.test","__proto__":{"staff":true}}';
      const answer = await asOwner('POST', `${account.path}/contacts`, proto);
      expectBadRequest(answer);
      expectBadRequest(await asOwner('GET', `${account.path}/contacts?limt=5`), ['limt']);
      expectBadRequest(
        await asOwner('PUT', `${contact.path}/sub-account`, { permissions: [], role: 'owner' }),
        ['role'],
      );
    });
  });

  test('that leaves out what is needed, or leaves it empty, is refused', async () => {
    await leavesNothing(async () => {
      expectBadRequest(await asOwner('POST', `${account.path}/contacts`, {}), ['name', 'email']);
      expectBadRequest(await asOwner('POST', `${account.path}/contacts`, { name: '', email: '' }), [
        'name',
        'email',
      ]);
      expectBadRequest(await asOwner('POST', `${account.path}/tickets`, { subject: '', message: '' }), [
        'subject',
        'message',
      ]);
      expectBadRequest(await asOwner('POST', `${account.path}/access-requests`, { permissions: [] }), [
        'permissions',
      ]);
      expectBadRequest(await asOwner('PUT', `${contact.path}/sub-account`, {}), ['permissions']);
    });
  });

  test('of over one megabyte is 413 as a problem, and of over six, which the gateway does not pass on, its own', async () => {
    await leavesNothing(async () => {
      for (const megabytes of [10, 6.1]) {
        const body = { subject: 'Large', message: 'x'.repeat(megabytes * 1024 * 1024) };
        const answer = await asOwner('POST', `${account.path}/tickets`, body);
        expect(answer.status, `${megabytes} MB`).toBe(413);
        expect(answer.body, 'the gateway’s own').toEqual({ message: 'Request Entity Too Large' });
      }
      const body = { subject: 'Large', message: 'x'.repeat(1024 * 1024) };
      const answer = await asOwner('POST', `${account.path}/tickets`, body);
      expect(answer).toMatchObject({
        status: 413,
        body: { type: problemType('too-large'), code: 'too-large' },
      });
      expect(answer.headers.get('x-request-id')).toBe(answer.body.requestId);
    });
  });

  test('with text beyond what a field holds is refused, and with odd but honest text is kept as it is', async () => {
    await leavesNothing(async () => {
      const long = { name: 'x'.repeat(100_000), email: 'a@b.test' };
      expectBadRequest(await asOwner('POST', `${account.path}/contacts`, long), ['name']);
      expectBadRequest(
        await asOwner('POST', `${account.path}/tickets`, { subject: 'Two\nlines', message: 'x' }),
        ['subject'],
      );
    });
    const odd = {
      name: 'Zoë <b>"O’Hara"</b> 🦊 ${7*7} {{name}}',
      email: `zoe-${account.id.toLowerCase()}@b.test`,
    };
    const made = await asOwner('POST', `${account.path}/contacts`, odd);
    expect(made).toMatchObject({ status: 201, body: { name: odd.name } });
    expect((await asOwner('DELETE', `${account.path}/contacts/${made.body.id}`)).status).toBe(204);
  });
});

describe('permissions', () => {
  test('five hundred of them, unknown ones and the same one twice are refused', async () => {
    await leavesNothing(async () => {
      const sub = `${contact.path}/sub-account`;
      const many = Array.from({ length: 500 }, (_, index) => allPermissions[index % allPermissions.length]);
      expectBadRequest(await asOwner('PUT', sub, { permissions: many }));
      expectBadRequest(await asOwner('PUT', sub, { permissions: ['tickets', 'everything'] }), [
        'permissions.1',
      ]);
      expectBadRequest(await asOwner('PUT', sub, { permissions: ['Tickets'] }), ['permissions.0']);
      expectBadRequest(await asOwner('PUT', sub, { permissions: ['tickets '] }), ['permissions.0']);
      expectBadRequest(await asOwner('PUT', sub, { permissions: ['*'] }), ['permissions.0']);
      expectBadRequest(await asOwner('PUT', sub, { permissions: ['tickets', 'tickets'] }));
      const requests = `${account.path}/access-requests`;
      expectBadRequest(await asOwner('POST', requests, { permissions: ['root'], message: '' }), [
        'permissions.0',
      ]);
    });
  });

  test('an end that lies in the past is refused', async () => {
    await leavesNothing(async () => {
      const past = { permissions: ['tickets'], expiresAt: '2001-01-01T00:00:00Z' };
      expectBadRequest(await asOwner('PUT', `${contact.path}/sub-account`, past), ['expiresAt']);
    });
  });
});

describe('an e-mail address', () => {
  test('with a line break, a second address, or no address in it is refused', async () => {
    await leavesNothing(async () => {
      const bad = [
        'cora@b.test\r\nBcc: all@b.test',
        'cora@b.test\n',
        '\ncora@b.test',
        'cora@b.test\u0000',
        'cora@b.test, dora@b.test',
        'Cora <cora@b.test>',
        'cora',
        '@b.test',
        'cora@',
        'cora@b@c.test',
        `${'x'.repeat(300)}@b.test`,
      ];
      for (const email of bad) {
        expectBadRequest(await asOwner('POST', `${account.path}/contacts`, { name: 'Cora', email }), [
          'email',
        ]);
        expectBadRequest(await asOwner('PATCH', contact.path, { email }), ['email']);
        const ticket = { subject: 'Copy', message: 'Copy.', cc: [email] };
        expectBadRequest(await asOwner('POST', `${account.path}/tickets`, ticket), ['cc.0']);
      }
    });
  });

  test('in a name is no way into a mail’s head either: line breaks in names are refused', async () => {
    await leavesNothing(async () => {
      for (const name of ['Cora\r\nBcc: all@b.test', 'Cora\nX: y', '\u0000'])
        expectBadRequest(await asOwner('POST', `${account.path}/contacts`, { name, email: 'a@b.test' }), [
          'name',
        ]);
    });
  });
});

describe('things that cannot be', () => {
  test('two activations at once make one login and one grant', async () => {
    const mine = await openAccount(client);
    const person = await addContact(client, mine);
    const wanted = [['tickets'], ['invoices']].map((permissions) =>
      grant(client, mine, person, { permissions, password }),
    );
    const answers = await Promise.all(wanted);
    expect(answers.map((answer) => answer.status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    const won = answers.find((answer) => answer.status === 200)!;
    const { subAccount } = (await readContact(client, mine, person)).body;
    expect(subAccount).toMatchObject({ permissions: won.body.subAccount.permissions, status: 'active' });
    const token = await client.signIn(person.email, password);
    expect((await client.call(token, 'GET', '/v1/me')).body.memberships).toHaveLength(1);
    const activated = (await activityOf(client, mine)).filter((entry) =>
      entry.action.startsWith('sub-account.'),
    );
    expect(activated).toHaveLength(1);
  });

  test('the owner does not remove itself, and takes nothing from itself', async () => {
    await leavesNothing(async () => {
      const path = `${account.path}/contacts/${account.owner.id}`;
      expect((await asOwner('DELETE', path)).status).toBe(404);
      expect((await asOwner('DELETE', `${path}/sub-account`)).status).toBe(404);
      expect((await asOwner('PUT', `${path}/sub-account`, { permissions: [] })).status).toBe(404);
    });
    expect((await asOwner('GET', `${account.path}/contacts`)).status).toBe(200);
  });

  test('what is not active is not deactivated, and what is removed is not removed again', async () => {
    const ended = await asOwner('DELETE', `${contact.path}/sub-account`);
    expect([204, 404, 409]).toContain(ended.status);
    const other = await addSubAccount(client, account, ['tickets']);
    expect((await asOwner('DELETE', other.path)).status).toBe(204);
    expect((await asOwner('DELETE', other.path)).status).toBe(404);
    expect((await asOwner('PATCH', other.path, { name: 'Back' })).status).toBe(404);
    expect((await grant(client, account, other, { permissions: ['tickets'] })).status).toBe(404);
  });

  test('methods and paths that there are not are not found, and leave nothing', async () => {
    await leavesNothing(async () => {
      for (const [method, path] of [
        ['PUT', account.path],
        ['DELETE', account.path],
        ['DELETE', `${account.path}/tickets`],
        ['GET', '/v1/accounts'],
        ['GET', '/v1'],
        ['GET', '/'],
        ['GET', `${account.path}/contacts/`],
        ['GET', `${account.path}//contacts`],
        ['GET', `/v2${account.path.slice(3)}`],
      ] as const) {
        const answer = await asOwner(method, path);
        expect([404, 405], `${method} ${path}`).toContain(answer.status);
      }
    });
    const staff = await client.token(staffEmail);
    expect((await client.call(staff, 'DELETE', account.path)).status).toBe(404);
  });
});
