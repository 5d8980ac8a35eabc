import { afterEach, expect, test } from 'vitest';
import type { Mailed } from '../../../support/local/portal-client.ts';
import { type Account, addressOf, addSubAccount, password, staffEmail, unique } from '../../people.ts';
import type { OwnPortal } from './own-portal.ts';

const hour = 3_600_000;
const day = 24 * hour;

export function aboutTheClock(portal: OwnPortal): void {
  afterEach(() => portal.moveClock(null));

  const autoclose = (): Promise<any> => portal.client.invoke('ticket-autoclose', {});
  const ownerAgain = async (account: Account): Promise<void> => {
    account.owner.token = await portal.client.signIn(account.owner.email, password);
  };

  test('closes a ticket that staff answered and nobody wrote in: warned on the fifth day, once, closed on the seventh', async () => {
    const account = await portal.desk.openAccount();
    const person = await addSubAccount(portal.client, account, ['tickets']);
    const quiet = await portal.desk.openTicket(account, {}, person.token);
    const waiting = await portal.desk.openTicket(account);
    const held = await portal.desk.openTicket(account);
    await portal.desk.staffReply(account, quiet.ticket.id);
    await portal.desk.staffReply(account, held.ticket.id);
    await portal.client.call(portal.staff, 'PATCH', `${account.path}/tickets/${held.ticket.id}`, {
      status: 'on-hold',
    });
    const about = async (): Promise<Mailed[]> =>
      (await portal.client.mails()).filter((mail) => mail.subject.includes(quiet.ticket.number));
    await portal.client.until(async () => (await about()).length === 2);

    await portal.moveClock(4 * day);
    await autoclose();
    await portal.desk.settle(await portal.desk.openAccount());
    expect(await about()).toHaveLength(2);

    await portal.moveClock(5 * day + hour);
    await autoclose();
    await portal.client.until(async () => (await about()).length > 2);
    await Promise.all([autoclose(), autoclose()]);
    await portal.moveClock(6 * day);
    await autoclose();
    await portal.desk.settle(await portal.desk.openAccount());
    const warnings = (await about()).slice(2);
    expect(warnings).toHaveLength(1);
    expect([...warnings[0]!.envelope.to].sort()).toEqual([person.email, account.owner.email].sort());
    expect(warnings[0]!.raw).toMatch(/^Auto-Submitted: auto-generated/im);
    await ownerAgain(account);
    expect((await portal.desk.readTicket(account, quiet.ticket.id)).status).toBe('answered');

    await portal.moveClock(7 * day + hour);
    await autoclose();
    await autoclose();
    await ownerAgain(account);
    expect((await portal.desk.readTicket(account, quiet.ticket.id)).status).toBe('closed');
    expect((await portal.desk.readTicket(account, waiting.ticket.id)).status).toBe('open');
    expect((await portal.desk.readTicket(account, held.ticket.id)).status).toBe('on-hold');
    await portal.desk.settle(await portal.desk.openAccount());
    expect((await about()).length).toBeLessThanOrEqual(4);

    const text = unique('Once more');
    await portal.client.sendMail({ from: person.email, to: quiet.replyTo, subject: 'Re:', text });
    await portal.desk.messageIn(account, quiet.ticket.id, text);
    expect((await portal.desk.readTicket(account, quiet.ticket.id)).status).toBe('customer-reply');
  }, 90_000);

  test('does not close a ticket in which somebody wrote after the warning', async () => {
    const account = await portal.desk.openAccount();
    const { ticket, replyTo } = await portal.desk.openTicket(account);
    await portal.client.mailsWith(await portal.desk.staffReply(account, ticket.id));
    await portal.moveClock(5 * day + hour);
    await autoclose();
    await portal.client.mailsWith(ticket.number, 3);
    const text = unique('Still here');
    await portal.client.sendMail({ from: account.owner.email, to: replyTo, subject: 'Re:', text });
    await ownerAgain(account);
    await portal.desk.messageIn(account, ticket.id, text);
    await portal.moveClock(8 * day);
    await autoclose();
    await ownerAgain(account);
    expect((await portal.desk.readTicket(account, ticket.id)).status).toBe('customer-reply');
  }, 60_000);

  test('gives a machine without any mark one answer in three hours at most, and ten in a day', async () => {
    const stranger = addressOf('machine');
    const times: number[] = [];
    for (let minutes = 0; minutes < 24 * 60; minutes += 50) {
      await portal.moveClock(30 * day + minutes * 60_000);
      const subject = unique('Away');
      await portal.client.sendMail({ from: stranger, subject, text: `I am away. ${minutes}` });
      if ((await portal.desk.record(subject)).outcome === 'answered') times.push(minutes);
    }
    expect(times[0]).toBe(0);
    expect(times.length).toBeLessThanOrEqual(10);
    for (const [index, minutes] of times.entries())
      if (index > 0) expect(minutes - times[index - 1]!).toBeGreaterThanOrEqual(180);
    await portal.desk.settle(await portal.desk.openAccount());
    expect(await portal.desk.mailsTo(stranger)).toHaveLength(times.length);
  }, 90_000);

  test('lets a person in again after the hour of its limit, and staff sign in with the time that it is', async () => {
    expect(
      (await portal.client.call(portal.staff, 'PUT', '/v1/staff/settings', { 'mail.hourlyLimit': 2 })).status,
    ).toBe(200);
    const account = await portal.desk.openAccount();
    const mark = unique('Later');
    const write = async (which: string): Promise<string> => {
      await portal.client.sendMail({
        from: account.owner.email,
        subject: `${mark} ${which}`,
        text: `I am ${which}.`,
      });
      return (await portal.desk.record(`${mark} ${which}`)).outcome;
    };
    expect([await write('one'), await write('two'), await write('three')]).toEqual([
      'ticket',
      'ticket',
      'quarantined',
    ]);
    await portal.moveClock(2 * hour);
    expect(await write('four')).toBe('ticket');
    expect(
      (await portal.client.call(portal.staff, 'PUT', '/v1/staff/settings', { 'mail.hourlyLimit': 60 }))
        .status,
    ).toBe(200);
    expect(
      (await portal.client.call(await portal.client.token(staffEmail), 'GET', '/v1/me')).body.staff,
    ).toEqual({ roles: ['administrator'] });
  }, 60_000);
}
