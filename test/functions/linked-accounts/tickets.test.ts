import { beforeEach, describe, expect, test } from 'vitest';
import { type Family, family, type Member, refusedBy } from './linked-portal.ts';

let here: Family;

beforeEach(async () => {
  here = await family();
});

const ticket = { subject: 'The line is down', message: 'Since noon.' };
const openFor = (account: { id: string }, userId = here.main.ownerId) =>
  here.portal.call(userId, 'POST', `${here.main.base}/tickets`, {
    body: { ...ticket, linkedAccountId: account.id },
  });
const ticketsOf = async (account: Member): Promise<any[]> => (await account.get('/tickets')).body.items;

describe('a ticket that the main account opens for a linked one', () => {
  test.each(['north', 'west', 'south'] as const)(
    'is made in %s, and the answer says its path',
    async (name) => {
      const account = here[name];
      const { status, body, headers } = await openFor(account);
      expect([status, body.accountId]).toEqual([201, account.id]);
      expect(body.openedBy).toMatchObject({ kind: 'main-account', name: 'Owner of Main' });
      expect(headers['location']).toBe(`${account.base}/tickets/${body.id}`);
      expect(await ticketsOf(account)).toMatchObject([{ id: body.id }]);
      expect((await here.main.get(`/tickets/${body.id}`)).status).toBe(404);
    },
  );

  test('is one without linkedAccountId in the main account itself', async () => {
    const { body } = await here.main.post('/tickets', ticket);
    expect(body.accountId).toBe(here.main.id);
    expect(await ticketsOf(here.north)).toEqual([]);
  });

  test('is refused where the account is not beneath, shut by a setting, or without linked-accounts', async () => {
    expect((await openFor(here.stranger)).status).toBe(400);
    expect((await openFor({ id: 'acct_none' })).status).toBe(400);
    const { userId } = await here.person(['tickets']);
    expect(await openFor(here.north, userId)).toMatchObject({
      status: 403,
      body: { requiredPermission: 'linked-accounts' },
    });
    await here.set({ 'linkedAccounts.independentAccess': false });
    refusedBy('setting', await openFor(here.west));
    await here.set({ 'linkedAccounts.management': false });
    refusedBy('setting', await openFor(here.north));
    for (const account of [here.north, here.west, here.stranger])
      expect(await ticketsOf(account)).toEqual([]);
  });
});

describe('a ticket that a linked account hides', () => {
  test('is not there for the main account’s people, and gets no answer of theirs', async () => {
    const { body } = await here.north.post('/tickets', { ...ticket, hideFromMainAccount: true });
    const shown = await here.north.post('/tickets', { ...ticket, subject: 'Another' });
    const asMain = (method: string, path: string, message?: object) =>
      here.portal.call(here.main.ownerId, method, here.north.base + path, message ? { body: message } : {});
    const { items } = (await asMain('GET', '/tickets')).body;
    expect(items.map(({ id }: { id: string }) => id)).toEqual([shown.body.id]);
    expect((await asMain('GET', `/tickets/${body.id}`)).status).toBe(404);
    const reply = await asMain('POST', `/tickets/${body.id}/replies`, { message: 'We see it.' });
    expect(reply.status).toBe(404);
    expect((await asMain('POST', `/tickets/${body.id}/close`)).status).toBe(404);
    expect((await here.north.get(`/tickets/${body.id}`)).body.messages).toHaveLength(1);
  });

  test('is not mailed to the main account’s owner; others are, while management is on', async () => {
    const told = async (extra: object): Promise<boolean> => {
      const { body } = await here.north.post('/tickets', { ...ticket, ...extra });
      here.portal.mails.length = 0;
      const path = `${here.north.base}/tickets/${body.id}/replies`;
      await here.staff('POST', path, { message: 'We look at it.' });
      await here.portal.deliver();
      const to = here.portal.mails.flatMap(({ destinations }) => destinations);
      expect(to).toContain('owner@north.test');
      return to.includes('owner@main.test');
    };
    expect(await told({ hideFromMainAccount: true })).toBe(false);
    expect(await told({})).toBe(true);
    await here.set({ 'linkedAccounts.management': false });
    expect(await told({})).toBe(false);
  });
});

describe('the mail of a linked account’s ticket', () => {
  const mailTo = (subject: string) => here.portal.mails.findLast((mail) => mail.subject?.includes(subject))!;
  const reply = (from: string, mail: { subject?: string | undefined }) =>
    here.portal.receive(
      [
        `From: <${from}>`,
        'To: <support@portal.test>',
        `Message-ID: <${from}-answer@people.test>`,
        `Subject: Re: ${mail.subject}`,
        '',
        'Thank you, it works.',
      ].join('\r\n'),
    );

  test('can be answered by the main account’s owner, who is told of it, and by nobody else of theirs', async () => {
    const { userId } = await here.person(['tickets', 'linked-accounts']);
    const person = await here.portal.people.login(userId);
    const { body: opened } = await here.north.post('/tickets', ticket);
    await here.portal.deliver();
    const mail = mailTo('The line is down');
    expect(mail.destinations.toSorted()).toEqual(['owner@main.test', 'owner@north.test']);
    expect(await reply('owner@main.test', mail)).toMatchObject({ outcome: 'reply' });
    const read = async () => (await here.north.get(`/tickets/${opened.id}`)).body.messages;
    expect((await read()).at(-1)).toMatchObject({
      author: { kind: 'main-account', name: 'Owner of Main' },
      via: 'email',
    });
    expect(await reply(person!.email, mail)).toMatchObject({ outcome: 'ticket' });
    expect(await read()).toHaveLength(2);
  });

  test('goes to the main account no more once it is hidden, shut or unlinked, and is no way in', async () => {
    await here.north.post('/tickets', { ...ticket, hideFromMainAccount: true });
    await here.portal.deliver();
    const hidden = mailTo('The line is down');
    expect(hidden.destinations).toEqual(['owner@north.test']);
    expect(await reply('owner@main.test', hidden)).toMatchObject({ outcome: 'ticket' });
    await here.set({ 'linkedAccounts.management': false });
    await here.north.post('/tickets', { ...ticket, subject: 'Shut' });
    await here.portal.deliver();
    expect(mailTo('Shut').destinations).toEqual(['owner@north.test']);
    await here.set({ 'linkedAccounts.management': true });
    await here.unlink(here.north);
    await here.north.post('/tickets', { ...ticket, subject: 'Gone' });
    await here.portal.deliver();
    expect(mailTo('Gone').destinations).toEqual(['owner@north.test']);
  });

  test('of what the main account’s sub-account opened goes to that one while it has a part there', async () => {
    const { userId, contactId } = await here.person(['tickets', 'linked-accounts']);
    const { email } = (await here.portal.people.login(userId))!;
    const { body: opened } = await openFor(here.north, userId);
    const answer = (message: string) =>
      here.staff('POST', `${here.north.base}/tickets/${opened.id}/replies`, { message });
    await answer('We look at it.');
    await here.portal.deliver();
    const everybody = [email, 'owner@main.test', 'owner@north.test'];
    expect(mailTo('The line is down').destinations.toSorted()).toEqual(everybody.toSorted());
    const told = await here.portal.call(userId, 'GET', `${here.main.base}/notifications`);
    expect(told.body.items).toMatchObject([{ kind: 'ticket-message', href: opened.href }]);
    await here.main.get(`/contacts/${contactId}`);
    await here.portal.call(here.main.ownerId, 'DELETE', `${here.main.base}/contacts/${contactId}`);
    await answer('Done.');
    await here.portal.deliver();
    expect(mailTo('The line is down').destinations.toSorted()).toEqual([
      'owner@main.test',
      'owner@north.test',
    ]);
  });
});

test('who opened one from the main account answers by mail while they may, and no longer', async () => {
  const { userId, contactId } = await here.person(['tickets', 'linked-accounts']);
  const { email } = (await here.portal.people.login(userId))!;
  const { number, id } = (await openFor(here.north, userId)).body;
  const write = (text: string) =>
    here.portal.receive(
      `From: ${email}\nTo: support@portal.test\nSubject: Re: [Ticket ID: ${number}]\n\n${text}\n`,
    );
  expect(await write('One more thing.')).toMatchObject({ outcome: 'reply', ticketId: id });
  const contact = `${here.main.base}/contacts/${contactId}/sub-account`;
  const body = { permissions: ['tickets'] };
  expect((await here.portal.call(here.main.ownerId, 'PUT', contact, { body })).status).toBe(200);
  expect(await write('And another.')).not.toMatchObject({ ticketId: id });
});

describe('the main account’s list', () => {
  test('spans the accounts beneath it page by page, newest first, each once, and says which is which', async () => {
    for (const [index, account] of [here.main, here.north, here.west, here.main, here.north].entries()) {
      here.portal.advance(1);
      await account.post('/tickets', { ...ticket, subject: `Number ${index}` });
    }
    await here.north.post('/tickets', { ...ticket, hideFromMainAccount: true });
    const seen: any[] = [];
    let cursor: string | null = null;
    do {
      const { body }: { body: any } = await here.main.get('/tickets', {
        limit: '2',
        ...(cursor ? { cursor } : {}),
      });
      seen.push(...body.items);
      cursor = body.nextCursor;
    } while (cursor);
    expect(seen.map(({ subject, accountName }) => `${subject} ${accountName}`)).toEqual([
      'Number 4 North',
      'Number 3 Main',
      'Number 2 West',
      'Number 1 North',
      'Number 0 Main',
    ]);
    const { userId } = await here.person(['tickets']);
    const own = await here.portal.call(userId, 'GET', `${here.main.base}/tickets`);
    expect(own.body.items.map(({ accountName }: any) => accountName)).toEqual(['Main', 'Main']);
    const west = await here.main.get('/tickets', { linkedAccountId: here.west.id, status: 'open' });
    expect(west.body.items).toMatchObject([{ subject: 'Number 2', accountId: here.west.id }]);
  });
});
