import { beforeEach, describe, expect, test } from 'vitest';
import {
  day,
  forged,
  type Inbox,
  type Letter,
  inboxOfAcme,
  jane,
  type Place,
} from '../../support/desks/inbox.ts';

/** A contact of Acme's organisation, with no mail switched on. */
const bob = 'bob@acme.test';

let inbox: Inbox;
let acme: Place;

beforeEach(async () => {
  ({ inbox, acme } = await inboxOfAcme([bob]));
});

/** A ticket by mail, and the three ways in which a later mail names it. */
async function opened(from: string, letter: Letter = {}, place = acme) {
  const record = await inbox.write(from, { subject: 'The line', ...letter });
  expect(record).toMatchObject({ outcome: 'ticket' });
  await inbox.portal.deliver();
  const mail = inbox.portal.mails.findLast(({ subject }) => subject?.includes('[Ticket ID:'))!;
  const to = mail.replyTo![0]!.address!;
  const ways = {
    token: { to, recipients: [to] },
    references: { head: [`References: <far@away.test> ${inbox.sentId(mail)}`] },
    number: { subject: `Re: ${mail.subject}` },
  } satisfies Record<string, Letter>;
  return { id: record.ticketId!, ways, place };
}

type Opened = Awaited<ReturnType<typeof opened>>;

const bodiesOf = async ({ id, place }: Opened): Promise<string[]> =>
  (await inbox.readTicket(place, id)).messages.map(({ body }: { body: string }) => body);

/** Writes to the ticket in each of the three ways; says what became of each. */
async function inAllWays(from: string, ticket: Opened, letter: Letter = {}): Promise<string[]> {
  const outcomes = [];
  for (const [way, named] of Object.entries(ticket.ways)) {
    const record = await inbox.write(from, { text: `By ${way} of ${from}`, ...named, ...letter });
    outcomes.push(record.ticketId === ticket.id ? record.outcome : `${record.outcome} elsewhere`);
  }
  return outcomes;
}

const joins = ['reply', 'reply', 'reply'];
const isNew = ['ticket elsewhere', 'ticket elsewhere', 'ticket elsewhere'];

describe('a mail that names a ticket by token, references or number goes into it where its sender', () => {
  test('opened it', async () => {
    expect(await inAllWays(bob, await opened(bob))).toEqual(joins);
  });

  test('is the owner, who gets its mail', async () => {
    expect(await inAllWays(jane, await opened(bob))).toEqual(joins);
  });

  test('is in its CC', async () => {
    const ticket = await opened(jane, { cc: 'gus@guest.test' });
    expect(await inAllWays('gus@guest.test', ticket)).toEqual(joins);
    const { messages } = await inbox.readTicket(acme, ticket.id);
    expect(messages.at(-1).author.kind).toBe('guest');
  });

  test('is in its CC, and was recorded as a contact since', async () => {
    const ticket = await opened(jane, { cc: 'gus@acme.test' });
    await inbox.record(acme, 'gus@acme.test');
    expect(await inAllWays('gus@acme.test', ticket)).toEqual(joins);
  });

  test('gets its mail, as a contact with `support` does of the owner’s', async () => {
    await inbox.record(acme, 'sue@acme.test', { emailPreferences: { support: true } });
    expect(await inAllWays('sue@acme.test', await opened(jane))).toEqual(joins);
  });

  test('holds `tickets` in its account, whoever opened it', async () => {
    await inbox.join(acme, 'dev@people.test', ['tickets']);
    expect(await inAllWays('dev@people.test', await opened(bob))).toEqual(joins);
  });

  test('is the main account’s owner, while management is on and it is not hidden', async () => {
    await inbox.set({ 'linkedAccounts.management': true });
    const north = await inbox.portal.createAccount('North', 'nora@north.test');
    const path = `/v1/staff/accounts/${north.accountId}/main-account`;
    const body = { mainAccountId: acme.accountId, kind: 'aggregated' };
    expect((await inbox.portal.call('stan', 'PUT', path, { body })).status).toBe(200);
    const ticket = await opened('nora@north.test', {}, north);
    expect(await inAllWays(jane, ticket)).toEqual(joins);
    await inbox.set({ 'linkedAccounts.management': false });
    expect(await inAllWays(jane, ticket)).toEqual(isNew);
    await inbox.set({ 'linkedAccounts.management': true });
    const hidden = { subject: 'Hidden', message: 'From them.', hideFromMainAccount: true };
    const tickets = `/v1/accounts/${north.accountId}/tickets`;
    const made = await inbox.portal.call(north.ownerId, 'POST', tickets, { body: hidden });
    const letter = { subject: `Re: [Ticket ID: ${made.body.number}]` };
    expect(await inbox.write(jane, letter)).toMatchObject({ outcome: 'ticket' });
  });
});

describe('it is a ticket of its own where its sender', () => {
  test('is another contact of the account, whatever mail it has switched on', async () => {
    await inbox.record(acme, 'sue@acme.test', { emailPreferences: { support: true } });
    expect(await inAllWays('sue@acme.test', await opened(bob))).toEqual(isNew);
    expect(await inAllWays(bob, await opened(jane))).toEqual(isNew);
  });

  test('has `support` on, and contacts get no mail of the owner’s tickets', async () => {
    await inbox.set({ 'tickets.copyContactsOnOwnersTickets': false });
    await inbox.record(acme, 'sue@acme.test', { emailPreferences: { support: true } });
    expect(await inAllWays('sue@acme.test', await opened(jane))).toEqual(isNew);
  });

  test('is a sub-account without `tickets`, in the owner’s ticket and in another contact’s', async () => {
    await inbox.join(acme, 'billing@people.test', ['invoices', 'contacts']);
    for (const opener of [jane, bob]) {
      const ticket = await opened(opener);
      expect(await inAllWays('billing@people.test', ticket)).toEqual(isNew);
      expect(await bodiesOf(ticket)).toEqual(['Please look.']);
    }
  });

  test('held `tickets` until it was taken away, or ran out', async () => {
    const userId = await inbox.join(acme, 'dev@people.test', ['tickets']);
    const ticket = await opened(jane);
    const { items } = (await inbox.portal.call(acme.ownerId, 'GET', inbox.contactsOf(acme))).body;
    const contact = items.find(({ email }: { email: string }) => email === 'dev@people.test');
    const path = `${inbox.contactsOf(acme)}/${contact.id}/sub-account`;
    const expiresAt = new Date(inbox.portal.now.getTime() + day * 1000).toISOString();
    const give = (body: object) => inbox.portal.call(acme.ownerId, 'PUT', path, { body });
    expect((await give({ permissions: ['tickets'], expiresAt })).status).toBe(200);
    expect(await inAllWays('dev@people.test', ticket)).toEqual(joins);
    inbox.portal.advance(day + 1);
    expect(await inAllWays('dev@people.test', ticket)).not.toContain('reply');
    await give({ permissions: ['invoices'], expiresAt: null });
    expect(await inAllWays('dev@people.test', ticket)).toEqual(isNew);
    expect(userId).not.toBe('');
  });

  test('belongs to another account', async () => {
    const globex = await inbox.portal.createAccount('Globex', 'gil@globex.test');
    const ticket = await opened(jane);
    expect(await inAllWays('gil@globex.test', ticket)).toEqual(isNew);
    expect(await inbox.ticketsOf(globex)).toHaveLength(3);
    expect(await bodiesOf(ticket)).toHaveLength(1);
  });

  test('was taken out of its CC', async () => {
    const ticket = await opened(jane, { cc: bob });
    expect(await inAllWays(bob, ticket)).toEqual(joins);
    const path = `/v1/accounts/${acme.accountId}/tickets/${ticket.id}/cc/${bob}`;
    expect((await inbox.portal.call(acme.ownerId, 'DELETE', path)).status).toBeLessThan(300);
    expect(await inAllWays(bob, ticket)).toEqual(isNew);
  });
});

test('a stranger with token, references and number is refused', async () => {
  const ticket = await opened(jane);
  const outcomes = await inAllWays('eve@evil.test', ticket);
  expect(outcomes.join()).not.toMatch(/reply|ticket/);
  expect(await bodiesOf(ticket)).toHaveLength(1);
});

test('a person who opened it and was removed is a stranger to it', async () => {
  const contactId = await inbox.record(acme, 'max@acme.test');
  const ticket = await opened('max@acme.test');
  await inbox.portal.call(acme.ownerId, 'DELETE', `${inbox.contactsOf(acme)}/${contactId}`);
  expect((await inAllWays('max@acme.test', ticket)).join()).not.toMatch(/reply|ticket/);
});

test('a token comes before references, and those before a number', async () => {
  const [one, two, three] = [await opened(bob), await opened(bob), await opened(bob)];
  const all = { ...one.ways.token, ...two.ways.references, ...three.ways.number };
  expect(await inbox.write(bob, all)).toMatchObject({ outcome: 'reply', ticketId: one.id });
  const later = { ...two.ways.references, ...three.ways.number };
  expect(await inbox.write(bob, { ...later, text: 'More.' })).toMatchObject({ ticketId: two.id });
});

test('who repeats the Message-ID of another’s mail takes nothing over', async () => {
  const globex = await inbox.portal.createAccount('Globex', 'gil@globex.test');
  const { id } = await opened(jane, { id: '<first@acme.test>' });
  await inbox.write('gil@globex.test', { id: '<first@acme.test>', text: 'Mine now.' });
  const letter = { head: ['In-Reply-To: <first@acme.test>'], text: 'More of it.' };
  expect(await inbox.write(jane, letter)).toMatchObject({ outcome: 'reply', ticketId: id });
  expect(await inbox.write('gil@globex.test', letter)).toMatchObject({ outcome: 'ticket' });
  expect(await inbox.ticketsOf(globex)).toHaveLength(2);
});

test('mail never acts as staff, whatever its From', async () => {
  const ticket = await opened(jane);
  expect((await inAllWays('stan@portal.test', ticket)).join()).not.toContain('reply');
  expect((await inAllWays('support@portal.test', ticket)).join()).not.toContain('reply');
  expect(await bodiesOf(ticket)).toHaveLength(1);
});

test('mail that is not believed does not take part either, until its From says so', async () => {
  const ticket = await opened(jane);
  await inbox.write(jane, { ...forged, ...ticket.ways.token, text: 'Perhaps mine.' });
  expect(await bodiesOf(ticket)).toHaveLength(1);
  await inbox.press((await inbox.questionsTo(jane)).at(-1)!, 'yes');
  expect(await bodiesOf(ticket)).toEqual(['Please look.', 'Perhaps mine.']);
  expect(await inbox.ticketsOf(acme)).toHaveLength(1);
});
