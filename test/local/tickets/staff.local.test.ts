import { beforeAll, describe, expect, inject, test } from 'vitest';
import { MailDesk } from '../../support/desks/mail-desk.ts';
import { type Answered, PortalClient } from '../../support/local/portal-client.ts';
import {
  type Account,
  addressOf,
  addSubAccount,
  allOf,
  staffEmail,
  type SubAccount,
  unique,
} from '../people.ts';
import { pathOf, ticketCalls } from './ticket-calls.ts';

const client = new PortalClient(inject('portal'));
const desk = new MailDesk(client);

let account: Account;
let person: SubAccount;
let staff: string;
const { assign, listed, open, patch, queue, queued, read } = ticketCalls(client, () => ({ account, staff }));

beforeAll(async () => {
  account = await desk.openAccount();
  person = await addSubAccount(client, account, ['tickets'], { name: 'Pia Person' });
  staff = await desk.staff();
});

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
