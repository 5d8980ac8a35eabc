import { beforeEach, describe, expect, test } from 'vitest';
import type { Called } from '../../support/memory/memory-portal.ts';
import { type Family, family, type Member, opened, refusedBy } from './linked-portal.ts';

let here: Family;
/** What is in an account for its main account's people to read and to change. */
let things: { serviceId: string; ticketId: string; documentId: string };

const ticket = { subject: 'The line is down', message: 'Since noon.' };

async function documentOf(account: Member, visibleToMainAccount: boolean): Promise<string> {
  const pdf = new TextEncoder().encode('%PDF-1.7 a contract');
  const announced = await here.staff('POST', `${account.base}/documents`, {
    name: 'Contract',
    kind: 'contract',
    fileName: 'contract.pdf',
    contentType: 'application/pdf',
    size: pdf.byteLength,
    visibleToMainAccount,
  });
  await here.portal.files.put(`documents/${announced.body.id}.pdf`, pdf);
  return announced.body.id;
}

async function fill(account: Member): Promise<typeof things> {
  const { id: serviceId } = await here.service(account);
  const { body } = await account.post('/tickets', ticket);
  return { serviceId, ticketId: body.id, documentId: await documentOf(account, true) };
}

const asMain = (account: Member, method: string, path: string, body?: unknown, userId = here.main.ownerId) =>
  here.portal.call(userId, method, account.base + path, body === undefined ? {} : { body });

const reads = (area: string): string =>
  ({ usage: `/services/${things.serviceId}/usage`, ticket: `/tickets/${things.ticketId}` })[area] ??
  `/${area}`;

const never = ['invoices', 'credit', 'payments', 'quotes', 'contacts', 'activity', 'emails', 'domains'];

async function membership(userId: string, account: Member): Promise<any> {
  const { memberships } = (await here.portal.call(userId, 'GET', '/v1/me')).body;
  return memberships.find(({ accountId }: { accountId: string }) => accountId === account.id);
}

beforeEach(async () => {
  here = await family();
});

describe('while management is off', () => {
  beforeEach(async () => {
    await here.set({ 'linkedAccounts.management': false, 'linkedAccounts.independentAccess': true });
  });

  test.each(['north', 'west'] as const)('nothing in %s is open, and a setting is why', async (name) => {
    things = await fill(here[name]);
    for (const area of ['services', 'tickets', 'documents', 'usage', 'ticket']) {
      const refused = await asMain(here[name], 'GET', reads(area));
      refusedBy('setting', refused);
      expect(refused.body.whatToDo).toMatch(/provider|Annex/i);
    }
    refusedBy('setting', await asMain(here[name], 'POST', '/tickets', ticket));
    refusedBy('setting', await asMain(here[name], 'POST', `/services/${things.serviceId}/pause`, {}));
    expect((await here[name].get(`/services/${things.serviceId}`)).body).toMatchObject({ status: 'active' });
    expect((await here[name].get('/tickets')).body.items).toHaveLength(1);
    expect(await membership(here.main.ownerId, here[name])).toBeUndefined();
  });

  test('the linked accounts’ own people go on as they did', async () => {
    things = await fill(here.north);
    expect((await here.north.get('/services')).body.items).toHaveLength(1);
    expect((await here.north.post(`/services/${things.serviceId}/pause`, {})).status).toBe(200);
    expect((await here.north.get('/cart')).status).toBe(200);
    expect((await here.north.get('/orders')).status).toBe(200);
  });
});

describe('in an aggregated account', () => {
  beforeEach(async () => {
    things = await fill(here.north);
  });

  test.each(['services', 'usage', 'tickets', 'ticket', 'documents', 'orders'])(
    'the main account’s people see %s',
    async (area) => {
      expect(await asMain(here.north, 'GET', reads(area))).toMatchObject({ status: 200 });
    },
  );

  test.each(never)('they do not see %s, for its kind', async (area) => {
    refusedBy('account-kind', await asMain(here.north, 'GET', `/${area}`));
  });

  test('they see its card and cannot change it', async () => {
    const { status, body } = await asMain(here.north, 'GET', '');
    expect([status, body.name]).toEqual([200, 'North']);
    refusedBy('account-kind', await asMain(here.north, 'PATCH', '', { name: 'South' }));
  });

  test('they manage services', async () => {
    const path = `/services/${things.serviceId}`;
    expect((await asMain(here.north, 'POST', `${path}/pause`, {})).body).toMatchObject({ status: 'paused' });
    expect((await asMain(here.north, 'POST', `${path}/resume`)).body).toMatchObject({ status: 'active' });
    const cancel = { when: 'now', reason: 'Moving' };
    const cancelled = await asMain(here.north, 'POST', `${path}/cancel`, cancel);
    expect(cancelled.body).toMatchObject({ status: 'cancelled' });
  });

  test('they open, answer and close tickets, as people of the main account', async () => {
    const opened = await asMain(here.north, 'POST', '/tickets', ticket);
    expect(opened).toMatchObject({ status: 201, body: { accountId: here.north.id } });
    const path = `/tickets/${things.ticketId}`;
    const answered = await asMain(here.north, 'POST', `${path}/replies`, { message: 'We look at it.' });
    expect(answered).toMatchObject({ status: 201 });
    expect(answered.body.messages.at(-1)).toMatchObject({
      author: { kind: 'main-account', name: 'Owner of Main' },
    });
    expect((await asMain(here.north, 'POST', `${path}/close`)).body).toMatchObject({ status: 'closed' });
    expect((await here.north.get(`/tickets/${opened.body.id}`)).status).toBe(200);
  });

  test('they see the documents that are visible to the main account, and of others no trace', async () => {
    const hidden = await documentOf(here.north, false);
    const { items } = (await asMain(here.north, 'GET', '/documents')).body;
    expect(items.map(({ id }: { id: string }) => id)).toEqual([things.documentId]);
    expect((await asMain(here.north, 'GET', `/documents/${things.documentId}`)).status).toBe(200);
    expect((await asMain(here.north, 'GET', `/documents/${hidden}`)).status).toBe(404);
    expect((await here.north.get('/documents')).body.items).toHaveLength(2);
  });

  test('an id of one account reads as 404 under the path of the other', async () => {
    for (const path of [`/services/${things.serviceId}`, `/tickets/${things.ticketId}`]) {
      expect((await here.main.get(path)).status).toBe(404);
      expect((await asMain(here.west, 'GET', path)).status).toBe(404);
    }
  });

  test('they cannot ask for access there', async () => {
    const asked = await asMain(here.north, 'POST', '/access-requests', { permissions: ['invoices'] });
    refusedBy('account-kind', asked);
  });
});

describe('in an independent account', () => {
  beforeEach(async () => {
    things = await fill(here.west);
  });

  test('nothing is open without independent access, and a setting is why', async () => {
    await here.set({ 'linkedAccounts.independentAccess': false });
    for (const area of ['services', 'usage', 'tickets', 'documents']) {
      refusedBy('setting', await asMain(here.west, 'GET', reads(area)));
    }
    expect(await membership(here.main.ownerId, here.west)).toBeUndefined();
    expect(await membership(here.main.ownerId, here.north)).toBeDefined();
    expect((await asMain(here.north, 'GET', '/services')).status).toBe(200);
  });

  test.each(['services', 'usage', 'tickets', 'ticket', 'documents'])(
    'the main account’s people see %s',
    async (area) => {
      expect(await asMain(here.west, 'GET', reads(area))).toMatchObject({ status: 200 });
    },
  );

  test.each([...never, 'orders', 'cart', 'domain-renewals'])('they do not see %s', async (area) => {
    refusedBy('account-kind', await asMain(here.west, 'GET', `/${area}`));
  });

  test('they pause and resume services, and neither change nor cancel them', async () => {
    const path = `/services/${things.serviceId}`;
    const change = { productId: 'prd_big', mode: 'self' };
    refusedBy('account-kind', await asMain(here.west, 'POST', `${path}/change`, change));
    const asked = { ...change, mode: 'request' };
    refusedBy('account-kind', await asMain(here.west, 'POST', `${path}/change`, asked));
    const cancel = { when: 'now', reason: 'Moving' };
    refusedBy('account-kind', await asMain(here.west, 'POST', `${path}/cancel`, cancel));
    expect((await asMain(here.west, 'POST', `${path}/pause`, {})).body).toMatchObject({ status: 'paused' });
    expect((await asMain(here.west, 'POST', `${path}/resume`)).body).toMatchObject({ status: 'active' });
    expect((await here.west.get(path)).body).toMatchObject({ productId: 'prd_basic', status: 'active' });
  });

  test('they open, answer and close tickets', async () => {
    const path = `/tickets/${things.ticketId}`;
    expect((await asMain(here.west, 'POST', '/tickets', ticket)).status).toBe(201);
    const answered = await asMain(here.west, 'POST', `${path}/replies`, { message: 'We look at it.' });
    expect(answered.body.messages.at(-1).author).toMatchObject({ kind: 'main-account' });
    expect((await asMain(here.west, 'POST', `${path}/close`)).body).toMatchObject({ status: 'closed' });
  });

  test('they cannot ask for access there', async () => {
    const asked = await asMain(here.west, 'POST', '/access-requests', { permissions: ['invoices'] });
    refusedBy('account-kind', asked);
  });
});

describe('who is signed in', () => {
  const most = ['products', 'manage-products', 'orders', 'tickets', 'documents', 'statistics'];
  const sorted = (keys: string[]) => keys.toSorted((a, b) => a.localeCompare(b));
  const permissions = async (userId: string, account: Member): Promise<string[] | undefined> => {
    const found = await membership(userId, account);
    return found && sorted(found.permissions);
  };

  test('is a main account’s owner in each linked account that the settings open', async () => {
    const owner = here.main.ownerId;
    expect(await membership(owner, here.north)).toMatchObject({ accountName: 'North', role: 'main-account' });
    expect(await permissions(owner, here.north)).toEqual(sorted(most));
    expect(await permissions(owner, here.west)).toEqual(sorted(most.filter((key) => key !== 'orders')));
    expect(await membership(owner, here.main)).toMatchObject({ role: 'owner' });
    expect(await membership(owner, here.stranger)).toBeUndefined();
  });

  test('has no more there than at home', async () => {
    const home = ['linked-accounts', 'products', 'orders', 'invoices', 'domains', 'contacts'];
    const { userId } = await here.person(home);
    expect(await permissions(userId, here.north)).toEqual(['orders', 'products']);
    expect(await permissions(userId, here.west)).toEqual(['products']);
    expect((await asMain(here.north, 'GET', '/services', undefined, userId)).status).toBe(200);
    const refused = await asMain(here.north, 'GET', '/tickets', undefined, userId);
    expect(refused).toMatchObject({
      status: 403,
      body: {
        requiredPermission: 'tickets',
        requestAccess: { method: 'POST', href: `${here.main.base}/access-requests` },
      },
    });
  });

  test('is nobody there without linked-accounts at home, and is told so', async () => {
    const { userId } = await here.person(most);
    expect(await permissions(userId, here.north)).toBeUndefined();
    for (const account of [here.north, here.west, here.south]) {
      const refused = await asMain(account, 'GET', '/services', undefined, userId);
      expect(refused).toMatchObject({
        status: 403,
        body: {
          requiredPermission: 'linked-accounts',
          requestAccess: { method: 'POST', href: `${here.main.base}/access-requests` },
        },
      });
      expect(refused.body).not.toHaveProperty('reason');
    }
  });

  test('is nobody there once the grant at home has expired', async () => {
    const expiresAt = '2026-03-01T11:00:00Z';
    const { userId } = await here.person(['linked-accounts', 'products'], 'a@main.test', { expiresAt });
    expect(await permissions(userId, here.north)).toEqual(['products']);
    here.portal.advance(3601);
    expect(await permissions(userId, here.north)).toBeUndefined();
    expect((await asMain(here.north, 'GET', '/services', undefined, userId)).status).not.toBe(200);
  });

  test('is nobody in the main account for being in a linked one', async () => {
    const { north, main, west, stranger } = here;
    const paths = ['', '/services', '/linked-accounts', '/orders', '/access-requests'];
    for (const path of paths) {
      expect((await here.portal.call(north.ownerId, 'GET', main.base + path)).status).toBe(404);
      expect((await here.portal.call(north.ownerId, 'GET', west.base + path)).status).toBe(404);
      expect((await here.portal.call(stranger.ownerId, 'GET', north.base + path)).status).toBe(404);
    }
    expect(await membership(north.ownerId, main)).toBeUndefined();
  });
});

describe('a write that was authorised before', () => {
  const home = ['linked-accounts', 'tickets', 'products', 'manage-products', 'orders'];
  let person: { contactId: string; userId: string };

  beforeEach(async () => {
    person = await here.person(home);
    things = await fill(here.north);
  });

  /** Every kind of write, as someone whose answer from the authoriser is older than what happens next. */
  async function writeAfter(change: () => Promise<unknown>): Promise<Called[]> {
    const cached = await here.portal.authorizer(person.userId);
    await change();
    const write = (path: string, body: object) =>
      here.portal.call(person.userId, 'POST', here.north.base + path, { body, cached });
    return [
      await write('/tickets', ticket),
      await write(`/tickets/${things.ticketId}/replies`, { message: 'Too late' }),
      await write(`/services/${things.serviceId}/pause`, {}),
      await write('/cart/items', { productId: 'prd_basic', cycle: 'monthly' }),
    ];
  }

  async function nothingLanded(): Promise<void> {
    expect((await here.north.get('/tickets')).body.items).toHaveLength(1);
    expect((await here.north.get(`/tickets/${things.ticketId}`)).body.messages).toHaveLength(1);
    const service = await here.north.get(`/services/${things.serviceId}`);
    expect(service.body).toMatchObject({ status: 'active' });
  }

  const give = (permissions: string[]) =>
    here.portal.call(here.main.ownerId, 'PUT', `${here.main.base}/contacts/${person.contactId}/sub-account`, {
      body: { permissions },
    });

  test('lands where nothing has changed', async () => {
    const written = await writeAfter(async () => {});
    expect(written.map(({ status }) => status)).toEqual([201, 201, 200, 200]);
  });

  test('does not land when the grant at home has changed since', async () => {
    for (const answer of await writeAfter(() => give(home.slice(1)))) {
      expect(answer).toMatchObject({
        status: 409,
        body: { type: expect.stringMatching(/\/access-changed$/) },
      });
    }
    await nothingLanded();
  });

  test('does not land when the sub-account was deactivated since', async () => {
    const contact = `${here.main.base}/contacts/${person.contactId}/sub-account`;
    const end = () => here.portal.call(here.main.ownerId, 'DELETE', contact);
    for (const answer of await writeAfter(end)) expect(answer.status).toBe(401);
    await nothingLanded();
  });

  test('does not land when the account was unlinked since', async () => {
    for (const answer of await writeAfter(() => here.unlink(here.north))) {
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
    }
    await nothingLanded();
  });

  test('does not land when the account has another main account since', async () => {
    const moved = async () => {
      await here.unlink(here.north);
      expect((await here.link(here.north, here.stranger, 'aggregated')).status).toBe(200);
    };
    for (const answer of await writeAfter(moved)) expect(answer.status).toBeGreaterThanOrEqual(400);
    await nothingLanded();
  });

  test('does not land when a setting or the kind has shut the account since', async () => {
    const shut = () => here.set({ ...opened, 'linkedAccounts.management': false });
    for (const answer of await writeAfter(shut)) refusedBy('setting', answer);
    await nothingLanded();
  });
});

test('what a contact could do beneath is told with its effective access', async () => {
  const { contactId } = await here.person(['linked-accounts', 'tickets', 'orders', 'invoices']);
  const told = async () =>
    (await here.main.get(`/contacts/${contactId}/effective-access`)).body.linkedAccounts;
  const areas = (await told()).map((each: any) => [
    each.accountName,
    each.areas.map(({ permission }: any) => permission).join(),
  ]);
  expect(areas).toEqual([
    ['North', 'tickets,orders'],
    ['South', 'tickets,orders'],
    ['West', 'tickets'],
  ]);
  await here.set({ 'linkedAccounts.management': false });
  expect(await told()).toEqual([]);
});
