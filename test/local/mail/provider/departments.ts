import { beforeAll, expect, test } from 'vitest';
import { addressesOf, parseMail, replyAddress } from '../../../support/desks/mail-desk.ts';
import type { Answered } from '../../../support/local/portal-client.ts';
import { addressOf, allOf, unique } from '../../people.ts';
import type { OwnPortal } from './own-portal.ts';

export function aboutDepartments(portal: OwnPortal): void {
  const support = 'support@portal.test';
  const sales = 'sales@portal.test';
  const abuse = 'abuse@portal.test';
  let departments: any[];

  const put = (items: object[]): Promise<Answered> =>
    portal.client.call(portal.staff, 'PUT', '/v1/staff/departments', { items });
  const idOf = (address: string): string =>
    departments.find((department) => department.address === address).id;

  beforeAll(async () => {
    const before = (await portal.client.call(portal.staff, 'GET', '/v1/staff/departments')).body.items;
    const answer = await put([
      ...before,
      { name: 'Sales', address: sales, clientsOnly: false, repliesOnly: false, guests: true },
      { name: 'Abuse', address: abuse, clientsOnly: false, repliesOnly: true, guests: false },
    ]);
    expect(answer.status).toBe(200);
    departments = answer.body.items;
    expect((await portal.client.call(portal.staff, 'GET', '/v1/staff/departments')).body.items).toEqual(
      departments,
    );
  });

  test('are the provider’s: clients do not change them, and bad ones are refused', async () => {
    const owner = await portal.client.token('owner@acme.test');
    const one = { name: 'One', address: 'one@portal.test' };
    expect((await portal.client.call(owner, 'PUT', '/v1/staff/departments', { items: [one] })).status).toBe(
      403,
    );
    expect((await put([])).status).toBe(400);
    expect((await put([{ ...one, address: 'nothing' }])).status).toBe(400);
    expect((await put([{ ...one, name: '' }])).status).toBe(400);
    expect((await put([one, { ...one, name: 'Two' }])).status).toBe(400);
    expect((await portal.client.call(portal.staff, 'GET', '/v1/staff/departments')).body.items).toEqual(
      departments,
    );
  });

  test('are kept in the order that was given, and the first writes where none was chosen', async () => {
    expect(departments.map((department) => department.address)).toEqual([support, sales, abuse]);
    const { mail } = await portal.desk.openTicket(await portal.desk.openAccount());
    expect(mail.from).toBe(support);
    expect(mail.envelope.from).toMatch(/^support(\+|@)/);
  });

  test('own the tickets of their address, and their mail comes from it', async () => {
    const account = await portal.desk.openAccount();
    const subject = unique('To sales');
    await portal.client.sendMail({ from: account.owner.email, to: sales, subject, text: 'Hello.' });
    const ticket = await portal.desk.ticketNamed(account, subject);
    expect(ticket.departmentId).toBe(idOf(sales));
    const [confirmation] = await portal.client.mailsWith(subject);
    const said = await portal.desk.staffReply(account, ticket.id);
    const [reply] = await portal.client.mailsWith(said);
    for (const mail of [confirmation!, reply!]) {
      expect(addressesOf((await parseMail(mail)).from)).toEqual([sales]);
      expect(replyAddress(mail)).toMatch(/^sales\+[a-z0-9]+@portal\.test$/);
    }
    const text = unique('Answer');
    await portal.client.sendMail({
      from: account.owner.email,
      to: replyAddress(reply!),
      subject: 'Re:',
      text,
    });
    await portal.desk.messageIn(account, ticket.id, text);
  });

  test('are chosen in the portal too, and changed by staff', async () => {
    const account = await portal.desk.openAccount();
    const { ticket, mail } = await portal.desk.openTicket(account, { departmentId: idOf(sales) });
    expect(ticket.departmentId).toBe(idOf(sales));
    expect(mail.from).toBe(sales);
    const path = `${account.path}/tickets/${ticket.id}`;
    const changed = await portal.client.call(portal.staff, 'PATCH', path, { departmentId: idOf(support) });
    expect(changed).toMatchObject({ status: 200, body: { departmentId: idOf(support) } });
    const [next] = await portal.client.mailsWith(await portal.desk.staffReply(account, ticket.id));
    expect(next!.from).toBe(support);
    const queue = await allOf(portal.client, portal.staff, `/v1/staff/tickets?departmentId=${idOf(support)}`);
    expect(queue.map((item) => item.id)).toContain(ticket.id);
    const unknown = { subject: 'x', message: 'x', departmentId: 'dep_nothing' };
    expect([400, 404]).toContain(
      (await portal.client.call(account.owner.token, 'POST', `${account.path}/tickets`, unknown)).status,
    );
  });

  test('with guests take in a stranger: the mail goes to it alone, its reply joins, and staff read it', async () => {
    const guest = addressOf('guest');
    const subject = unique('A question');
    await portal.client.sendMail({ from: `Gus Guest <${guest}>`, to: sales, subject, text: 'How much?' });
    const record = await portal.desk.record(subject);
    expect(record).toMatchObject({ outcome: 'ticket', ticketId: expect.stringMatching(/^tkt_/) });
    const [confirmation] = await portal.client.mailsWith(subject);
    expect(confirmation!.envelope.to).toEqual([guest]);
    expect(confirmation!.from).toBe(sales);
    const queued = async (): Promise<any> =>
      (await allOf(portal.client, portal.staff, `/v1/staff/tickets?departmentId=${idOf(sales)}`)).find(
        (item) => item.id === record.ticketId,
      );
    const ticket = await queued();
    expect(ticket).toMatchObject({
      subject,
      status: 'open',
      openedBy: { kind: 'guest' },
      departmentId: idOf(sales),
    });
    expect(JSON.stringify(ticket.openedBy)).toMatch(/Gus Guest|guest-/);

    const text = unique('One more thing');
    await portal.client.sendMail({ from: guest, to: replyAddress(confirmation!), subject: 'Re:', text });
    await portal.client.until(async () => (await queued()).updatedAt !== ticket.updatedAt);
    const path = `/v1/accounts/${ticket.accountId}/tickets/${ticket.id}`;
    const read = await portal.client.call(portal.staff, 'GET', path);
    expect(read.status).toBe(200);
    expect(read.body.messages).toMatchObject([
      { author: { kind: 'guest' }, body: 'How much?', via: 'email' },
      { author: { kind: 'guest' }, body: text, via: 'email' },
    ]);
    const said = unique('From staff');
    expect(
      (await portal.client.call(portal.staff, 'POST', `${path}/replies`, { message: said })).status,
    ).toBe(201);
    const mails = await portal.client.mailsWith(said);
    expect(mails).toHaveLength(1);
    expect(mails[0]!.envelope.to).toEqual([guest]);

    const other = await portal.desk.openAccount();
    expect((await portal.client.call(other.owner.token, 'GET', path)).status).toBe(404);
    const intruder = unique('Let me in');
    await portal.client.sendMail({
      from: addressOf('stranger'),
      to: replyAddress(mails[0]!),
      subject: intruder,
      text: 'Hi.',
    });
    expect((await portal.desk.record(intruder)).ticketId).not.toBe(ticket.id);
    expect((await portal.client.call(portal.staff, 'GET', path)).body.messages).toHaveLength(3);
  });

  test('without guests answer a stranger, and open nothing', async () => {
    const stranger = addressOf('stranger');
    const subject = unique('To support');
    await portal.client.sendMail({ from: stranger, to: support, subject, text: 'Hello?' });
    expect(await portal.desk.record(subject)).toMatchObject({ outcome: 'answered' });
    await portal.client.until(async () => (await portal.desk.mailsTo(stranger)).length > 0);
    expect((await portal.desk.mailsTo(stranger)).map((mail) => mail.from)).toEqual([support]);
  });

  test('for replies only answer instead of opening, and take replies', async () => {
    const account = await portal.desk.openAccount();
    const subject = unique('To abuse');
    await portal.client.sendMail({ from: account.owner.email, to: abuse, subject, text: 'Hello.' });
    const record = await portal.desk.record(subject);
    expect(record.outcome).toBe('answered');
    expect(record.ticketId).toBeUndefined();
    await portal.client.until(async () => (await portal.desk.mailsTo(account.owner.email)).length > 0);
    const answers = await portal.desk.mailsTo(account.owner.email);
    expect(answers.map((mail) => mail.from)).toEqual([abuse]);
    expect(answers[0]!.raw).toMatch(/^Auto-Submitted: auto-/im);
    expect(await portal.desk.ticketsOf(account)).toEqual([]);

    const { ticket } = await portal.desk.openTicket(account);
    const path = `${account.path}/tickets/${ticket.id}`;
    const moved = await portal.client.call(portal.staff, 'PATCH', path, { departmentId: idOf(abuse) });
    expect(moved).toMatchObject({ status: 200, body: { departmentId: idOf(abuse) } });
    const [mail] = await portal.client.mailsWith(await portal.desk.staffReply(account, ticket.id));
    const text = unique('Answer');
    await portal.client.sendMail({
      from: account.owner.email,
      to: replyAddress(mail!),
      subject: 'Re:',
      text,
    });
    await portal.desk.messageIn(account, ticket.id, text);
  });

  test('that are put again with their ids keep their tickets', async () => {
    const account = await portal.desk.openAccount();
    const { ticket } = await portal.desk.openTicket(account, { departmentId: idOf(sales) });
    const renamed = departments.map((one) => (one.address === sales ? { ...one, name: 'New sales' } : one));
    const answer = await put(renamed);
    expect(answer).toMatchObject({ status: 200, body: { items: renamed } });
    expect((await portal.desk.readTicket(account, ticket.id)).departmentId).toBe(idOf(sales));
  });
}
