import { beforeAll, describe, expect, inject, test } from 'vitest';
import { MailDesk } from '../../support/desks/mail-desk.ts';
import { type Answered, PortalClient } from '../../support/local/portal-client.ts';
import {
  type Account,
  addContact,
  addressOf,
  addSubAccount,
  allOf,
  staffEmail,
  type SubAccount,
  unique,
  withoutRequestId,
} from '../people.ts';

const client = new PortalClient(inject('portal'));
const desk = new MailDesk(client);

let account: Account;
let person: SubAccount;
let staff: string;

beforeAll(async () => {
  account = await desk.openAccount();
  person = await addSubAccount(client, account, ['tickets'], { name: 'Pia Person' });
  staff = await desk.staff();
});

const open = async (more: object = {}, token = account.owner.token, home = account): Promise<any> => {
  const body = { subject: unique('Ticket'), message: unique('It is broken'), ...more };
  const answer = await client.call(token, 'POST', `${home.path}/tickets`, body);
  expect(answer.status).toBe(201);
  return answer.body;
};

const pathOf = (ticket: any): string => `/v1/accounts/${ticket.accountId}/tickets/${ticket.id}`;
const patch = (token: string, ticket: any, body: object, headers = {}): Promise<Answered> =>
  client.call(token, 'PATCH', pathOf(ticket), body, headers);
const assign = (token: string, ticket: any, assignee: string | null): Promise<Answered> =>
  client.call(token, 'POST', `${pathOf(ticket)}/assign`, { assignee });
const read = async (ticket: any, token = account.owner.token): Promise<any> =>
  (await client.call(token, 'GET', pathOf(ticket))).body;
const listed = async (query: string, token = account.owner.token, home = account): Promise<string[]> =>
  (await allOf(client, token, `${home.path}/tickets${query}`)).map((ticket) => ticket.id as string);
const queue = async (query: string): Promise<any[]> => allOf(client, staff, `/v1/staff/tickets${query}`);
const queued = async (query: string, ticket: any): Promise<any> =>
  (await queue(query)).find((item) => item.id === ticket.id);

describe('staff change a ticket', () => {
  test('in its status, its priority and its department, and everybody reads that', async () => {
    const ticket = await open();
    const [department] = (await client.call(staff, 'GET', '/v1/staff/departments')).body.items;
    const changes = [
      { status: 'on-hold' },
      { priority: 'high' },
      { departmentId: department.id },
      { status: 'answered', priority: 'low' },
      { departmentId: null },
    ];
    let expected = ticket;
    for (const change of changes) {
      expected = { ...expected, ...change };
      const { status, priority, departmentId } = expected;
      expect(await patch(staff, ticket, change)).toMatchObject({ status: 200, body: change });
      expect(await read(ticket)).toMatchObject({ status, priority, departmentId });
    }
    expect((await read(ticket)).messages).toEqual(ticket.messages);
  });

  test('to closed, and a reply reopens it', async () => {
    const ticket = await open();
    expect(await patch(staff, ticket, { status: 'closed' })).toMatchObject({ status: 200 });
    expect(await listed('?status=closed')).toContain(ticket.id);
    await desk.replyAs(person.token, account, ticket.id, { message: 'Not yet.' });
    expect((await read(ticket)).status).toBe('customer-reply');
  });

  test('and clients do not', async () => {
    const ticket = await open();
    for (const token of [account.owner.token, person.token]) {
      expect((await patch(token, ticket, { status: 'closed' })).status).toBe(403);
      expect((await patch(token, ticket, { priority: 'high' })).status).toBe(403);
      expect((await assign(token, ticket, staffEmail)).status).toBe(403);
      expect((await client.call(token, 'GET', '/v1/staff/tickets')).status).toBe(403);
    }
    const other = await desk.openAccount();
    expect((await patch(other.owner.token, ticket, { status: 'closed' })).status).toBe(404);
    const { status, priority } = ticket;
    expect(await read(ticket)).toMatchObject({ status, priority });
  });

  test('to nothing that there is not', async () => {
    const ticket = await open();
    for (const bad of [{ status: 'lost' }, { priority: 'asap' }, { subject: 'New' }, { departmentId: 7 }])
      expect(await patch(staff, ticket, bad)).toMatchObject({
        status: 400,
        body: { errors: expect.any(Array) },
      });
    expect([400, 404, 409]).toContain((await patch(staff, ticket, { departmentId: 'dep_nothing' })).status);
    expect((await patch(staff, { ...ticket, id: 'tkt_nothing' }, { status: 'closed' })).status).toBe(404);
    const other = await desk.openAccount();
    expect((await patch(staff, { ...ticket, accountId: other.id }, { status: 'closed' })).status).toBe(404);
    expect((await read(ticket)).status).toBe('open');
  });

  test('as they have seen it: a stale version is refused', async () => {
    const ticket = await open();
    const etag = (await client.call(staff, 'GET', pathOf(ticket))).headers.get('etag')!;
    expect(etag).toBeTruthy();
    expect((await patch(staff, ticket, { priority: 'high' }, { 'if-match': etag })).status).toBe(200);
    expect((await patch(staff, ticket, { priority: 'low' }, { 'if-match': etag })).status).toBe(412);
    expect((await read(ticket)).priority).toBe('high');
  });

  test('and the activity log says so', async () => {
    const ticket = await open();
    await patch(staff, ticket, { priority: 'high' });
    const log = await allOf(client, account.owner.token, `${account.path}/activity`);
    const entries = log.filter((entry) => entry.subject.id === ticket.id);
    expect(entries.some((entry) => entry.after?.priority === 'high')).toBe(true);
  });
});

describe('the queue', () => {
  test('holds the tickets of every account, and is filtered by status, department and assignee', async () => {
    const other = await desk.openAccount();
    const [here, there] = [await open(), await open({}, other.owner.token, other)];
    const [department] = (await client.call(staff, 'GET', '/v1/staff/departments')).body.items;
    await patch(staff, here, { status: 'on-hold', departmentId: department.id });
    await assign(staff, here, staffEmail);
    for (const ticket of [here, there])
      expect(await queued(`?status=${ticket === here ? 'on-hold' : 'open'}`, ticket)).toMatchObject({
        accountId: ticket.accountId,
        subject: ticket.subject,
        number: ticket.number,
      });
    const mine = `?status=on-hold&departmentId=${department.id}&assignee=${staffEmail}`;
    expect(await queued(mine, here)).toMatchObject({ assignee: staffEmail, departmentId: department.id });
    expect(await queued(mine, there)).toBeUndefined();
    expect(await queued('?status=on-hold', there)).toBeUndefined();
    expect(await queued(`?assignee=${staffEmail}`, there)).toBeUndefined();
    expect(await queued(`?departmentId=${department.id}`, there)).toBeUndefined();
    expect(await queued('?assignee=nobody@portal.test', here)).toBeUndefined();
    expect((await client.call(staff, 'GET', '/v1/staff/tickets?status=lost')).status).toBe(400);
  });

  test('follows a ticket: given to nobody again, answered, closed', async () => {
    const ticket = await open();
    expect(await assign(staff, ticket, staffEmail)).toMatchObject({
      status: 200,
      body: { assignee: staffEmail },
    });
    expect(await queued(`?assignee=${staffEmail}&status=open`, ticket)).toBeDefined();
    expect(await assign(staff, ticket, null)).toMatchObject({ status: 200, body: { assignee: null } });
    expect(await queued(`?assignee=${staffEmail}`, ticket)).toBeUndefined();
    await desk.staffReply(account, ticket.id);
    expect(await queued('?status=open', ticket)).toBeUndefined();
    expect(await queued('?status=answered', ticket)).toBeDefined();
    await patch(staff, ticket, { status: 'closed' });
    expect(await queued('?status=answered', ticket)).toBeUndefined();
    expect(await queued('?status=closed', ticket)).toBeDefined();
  });

  test('gives each ticket once over its pages', async () => {
    const mine = await Promise.all(Array.from({ length: 5 }, () => open()));
    await Promise.all(mine.map((ticket) => patch(staff, ticket, { status: 'on-hold' })));
    const ids = (await queue('?status=on-hold')).map((ticket) => ticket.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining(mine.map((ticket) => ticket.id)));
  });

  test('does not tell clients who has a ticket that was assigned', async () => {
    const ticket = await open();
    await assign(staff, ticket, staffEmail);
    expect((await read(ticket)).assignee ?? null).toBeNull();
    expect(JSON.stringify(await desk.ticketsOf(account))).not.toContain(staffEmail);
  });

  test('takes an address or nobody', async () => {
    const ticket = await open();
    const path = `${pathOf(ticket)}/assign`;
    for (const bad of [{ assignee: 'Stan' }, { assignee: '' }, {}, { assignee: staffEmail, more: 1 }])
      expect((await client.call(staff, 'POST', path, bad)).status).toBe(400);
  });
});

describe('a private note', () => {
  test('is not found by clients in a search, and moves nothing that clients see', async () => {
    const ticket = await open();
    const before = await read(ticket);
    const note = unique('zzsecret');
    const noted = await desk.replyAs(staff, account, ticket.id, { message: note, private: true });
    expect(noted).toMatchObject({ status: 201, body: { status: 'open' } });
    expect(await listed(`?q=${note}`)).toEqual([]);
    expect(await listed(`?q=${note}`, person.token)).toEqual([]);
    expect((await read(ticket)).messages).toEqual(before.messages);
    for (const path of ['tickets', 'activity', 'emails'])
      expect(
        JSON.stringify(await allOf(client, account.owner.token, `${account.path}/${path}`)),
      ).not.toContain(note);
    await desk.settle(account);
    expect((await client.mails()).filter((mail) => JSON.stringify(mail).includes(note))).toEqual([]);
  });

  test('is not written by clients', async () => {
    const ticket = await open();
    const answer = await desk.replyAs(person.token, account, ticket.id, {
      message: 'Hidden?',
      private: true,
    });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect((await read(ticket)).messages).toHaveLength(1);
  });
});

describe('an address on the CC list', () => {
  test('is taken off by a person of the account, and gets no more mail', async () => {
    const [one, two] = [addressOf('one+tag'), addressOf('two')];
    const { ticket, mail } = await desk.openTicket(account, { cc: [one, two] });
    expect(mail.envelope.to).toEqual(expect.arrayContaining([one, two]));
    const off = (address: string, token = person.token): Promise<Answered> =>
      client.call(token, 'DELETE', `${pathOf(ticket)}/cc/${encodeURIComponent(address)}`);
    expect((await off(one)).status).toBe(204);
    expect((await read(ticket)).cc).toEqual([two]);
    expect((await off(one)).status).toBe(404);
    const text = await desk.staffReply(account, ticket.id);
    const [next] = await client.mailsWith(text);
    expect(next!.envelope.to).not.toContain(one);
    expect(next!.envelope.to).toContain(two);
  });

  test('is taken off in whatever case it is written, and not by other accounts', async () => {
    const one = addressOf('one');
    const ticket = await open({ cc: [one] });
    const other = await desk.openAccount();
    const path = `${pathOf(ticket)}/cc/${encodeURIComponent(one.toUpperCase())}`;
    expect((await client.call(other.owner.token, 'DELETE', path)).status).toBe(404);
    expect((await read(ticket)).cc).toEqual([one]);
    expect((await client.call(account.owner.token, 'DELETE', path)).status).toBe(204);
    expect((await read(ticket)).cc).toEqual([]);
  });
});

describe('a ticket moved to another account that knows its opener', () => {
  /** A ticket that one person, of two accounts, opened by mail in the first with a file. */
  async function twoHomes() {
    const [from, to] = [await desk.openAccount(), await desk.openAccount()];
    const mover = await addSubAccount(client, from, ['tickets']);
    const there = await addContact(client, to, { email: mover.email });
    const subject = unique('Wrong house');
    const attachments = [{ filename: 'log.txt', content: 'Hello' }];
    await client.sendMail({ from: mover.email, subject, text: 'Hello.', attachments });
    const ticket = await desk.ticketNamed(from, subject);
    const [mail] = await client.mailsWith(`[Ticket ID: ${ticket.number}]`);
    return { from, to, mover, there, ticket, mail: mail! };
  }
  const move = (token: string, ticket: any, to: Account): Promise<Answered> =>
    client.call(token, 'POST', `${pathOf(ticket)}/move`, { accountId: to.id });

  test('is gone from the old path and whole under the new one, with number, messages and files', async () => {
    const { from, to, there, ticket } = await twoHomes();
    const moved = await move(staff, ticket, to);
    expect(moved).toMatchObject({
      status: 200,
      body: { id: ticket.id, number: ticket.number, accountId: to.id },
    });
    for (const token of [from.owner.token, staff])
      expect((await client.call(token, 'GET', `${from.path}/tickets/${ticket.id}`)).status).toBe(404);
    expect(await listed('', from.owner.token, from)).toEqual([]);
    const now = await desk.readTicket(to, ticket.id);
    expect(now).toMatchObject({ subject: ticket.subject, openedBy: { kind: 'contact', id: there.id } });
    expect(now.messages.map((message: any) => message.body)).toEqual(['Hello.']);
    expect(await listed('', to.owner.token, to)).toEqual([ticket.id]);
    const [file] = now.messages[0].attachments;
    const link = await client.call(to.owner.token, 'GET', `${to.path}/attachments/${file.id}`);
    expect(await (await fetch(link.body.url)).text()).toBe('Hello');
    expect((await client.call(from.owner.token, 'GET', `${from.path}/attachments/${file.id}`)).status).toBe(
      404,
    );
    expect(await queued('?status=open', ticket)).toMatchObject({ accountId: to.id });
  });

  test('is answered by mail in its new place, by every lead, and mails the people there', async () => {
    const { from, to, mover, ticket, mail } = await twoHomes();
    await move(staff, ticket, to);
    const replyTo = /^Reply-To: (.*)$/im.exec(mail.raw)![1]!;
    for (const lead of [{ to: replyTo }, { inReplyTo: mail.messageId }, { subject: `Re: ${mail.subject}` }]) {
      const text = unique('Answer');
      await client.sendMail({ from: mover.email, subject: 'Re:', text, ...lead });
      await desk.messageIn(to, ticket.id, text);
      const [passedOn] = await client.mailsWith(text);
      expect(passedOn!.envelope.to).toEqual([to.owner.email]);
    }
    const said = await desk.staffReply(to, ticket.id);
    const [mailed] = await client.mailsWith(said);
    expect([...mailed!.envelope.to].sort()).toEqual([mover.email, to.owner.email].sort());
    expect(await listed('', from.owner.token, from)).toEqual([]);
  });

  test('is closed to those of the old account who take no part in it', async () => {
    const { from, to, ticket, mail } = await twoHomes();
    await move(staff, ticket, to);
    const subject = unique('Still mine');
    const replyTo = /^Reply-To: (.*)$/im.exec(mail.raw)![1]!;
    await client.sendMail({ from: from.owner.email, to: replyTo, subject, text: 'Hello?' });
    expect((await desk.record(subject)).ticketId).not.toBe(ticket.id);
    expect((await desk.readTicket(to, ticket.id)).messages).toHaveLength(1);
  });

  test('is moved by a person who may use tickets in both, and by nobody else', async () => {
    const { from, to, mover, there, ticket } = await twoHomes();
    for (const token of [mover.token, from.owner.token]) {
      const refused = await move(token, ticket, to);
      expect([400, 403, 404]).toContain(refused.status);
      const nowhere = await move(token, ticket, { ...to, id: 'acct_nothing' });
      expect(withoutRequestId(refused), 'as if it did not exist').toEqual(withoutRequestId(nowhere));
    }
    expect((await move(to.owner.token, ticket, to)).status).toBe(404);
    expect((await desk.readTicket(from, ticket.id)).accountId).toBe(from.id);
    const access = { permissions: ['tickets'] };
    expect((await client.call(to.owner.token, 'PUT', `${there.path}/sub-account`, access)).status).toBe(200);
    const moved = await client.until(async () => {
      const answer = await move(mover.token, ticket, to);
      return answer.status === 200 && answer;
    });
    expect(moved).toMatchObject({ status: 200, body: { accountId: to.id } });
  });

  test('is not moved where its opener is unknown, nor where there is no account', async () => {
    const stranger = await desk.openAccount();
    const ticket = await open({}, person.token);
    for (const to of [stranger, { ...stranger, id: 'acct_nothing' }]) {
      const refused = await move(staff, ticket, to);
      expect(refused.status).toBeGreaterThanOrEqual(400);
      expect(refused.status).toBeLessThan(500);
    }
    expect((await read(ticket)).accountId).toBe(account.id);
    expect(await listed('', stranger.owner.token, stranger)).toEqual([]);
  });
});

describe('a search', () => {
  test('finds words in subjects and messages of the account’s own tickets', async () => {
    const home = await desk.openAccount();
    const other = await desk.openAccount();
    const word = unique('needle').replaceAll('-', '');
    const inSubject = await open({ subject: `A ${word} in it` }, home.owner.token, home);
    const inMessage = await open({ message: `Look:\nthe ${word.toUpperCase()}!` }, home.owner.token, home);
    const inReply = await open({}, home.owner.token, home);
    await desk.replyAs(staff, home, inReply.id, { message: `It was the ${word}.` });
    await open({}, home.owner.token, home);
    await open({ subject: word }, other.owner.token, other);
    expect(await listed(`?q=${word}`, home.owner.token, home)).toEqual([
      inReply.id,
      inMessage.id,
      inSubject.id,
    ]);
    expect(await listed(`?q=${word}&status=answered`, home.owner.token, home)).toEqual([inReply.id]);
    expect(await listed(`?q=${unique('nothing')}`, home.owner.token, home)).toEqual([]);
    expect(await listed(`?q=${encodeURIComponent('%_*.')}`, home.owner.token, home)).toEqual([]);
  });

  test('finds what came by mail, in other alphabets too', async () => {
    const home = await desk.openAccount();
    const word = `Größe${unique('x').slice(2, 8)}東京`;
    const subject = unique('By mail');
    await client.sendMail({ from: home.owner.email, subject, text: `The ${word}.` });
    const ticket = await desk.ticketNamed(home, subject);
    expect(await listed(`?q=${encodeURIComponent(word)}`, home.owner.token, home)).toEqual([ticket.id]);
  });

  test('with status, opener and words together finds what meets all of them, over its pages', async () => {
    const home = await desk.openAccount();
    const helper = await addSubAccount(client, home, ['tickets']);
    const word = unique('both').replaceAll('-', '');
    const wanted: string[] = [];
    for (let index = 0; index < 4; index += 1) {
      const theirs = await open({ subject: `${word} ${index}` }, helper.token, home);
      const mine = await open({ subject: `${word} ${index}` }, home.owner.token, home);
      await open({}, helper.token, home);
      for (const ticket of [mine, ...(index % 2 === 0 ? [theirs] : [])])
        await client.call(staff, 'POST', `${pathOf(ticket)}/close`);
      if (index % 2 === 0) wanted.unshift(theirs.id);
    }
    const query = `?status=closed&openedBy=${helper.id}&q=${word}`;
    expect(await listed(query, home.owner.token, home)).toEqual(wanted);
    const found: string[] = [];
    let cursor = '';
    do {
      const page = await client.call(
        home.owner.token,
        'GET',
        `${home.path}/tickets${query}&limit=1${cursor}`,
      );
      found.push(...page.body.items.map((item: any) => item.id as string));
      cursor = page.body.nextCursor === null ? '' : `&cursor=${encodeURIComponent(page.body.nextCursor)}`;
    } while (cursor !== '');
    expect(found).toEqual(wanted);
    expect(await listed(`?openedBy=${helper.id}`, home.owner.token, home)).toHaveLength(8);
  });
});
