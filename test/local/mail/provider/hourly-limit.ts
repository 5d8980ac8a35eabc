import { afterEach, expect, test } from 'vitest';
import { replyAddress, verdicts } from '../../../support/desks/mail-desk.ts';
import type { Answered } from '../../../support/local/portal-client.ts';
import { addContact, addressOf, unique } from '../../people.ts';
import type { OwnPortal } from './own-portal.ts';

export function aboutTheHourlyLimit(portal: OwnPortal): void {
  const limit = (value: unknown): Promise<Answered> =>
    portal.client.call(portal.staff, 'PUT', '/v1/staff/settings', { 'mail.hourlyLimit': value });

  afterEach(async () => {
    expect((await limit(60)).status).toBe(200);
  });

  test('says how many mails of one address an hour are let in', async () => {
    for (const bad of [0, -1, '5', 1.5, null]) expect((await limit(bad)).status, String(bad)).toBe(400);
    expect(await limit(3)).toMatchObject({ status: 200, body: { 'mail.hourlyLimit': 3 } });
    const account = await portal.desk.openAccount();
    const other = await addContact(portal.client, account);
    const mark = unique('Limit');
    for (const [from, count] of [
      [account.owner.email, 5],
      [other.email, 3],
    ] as const)
      for (let index = 0; index < count; index += 1)
        await portal.client.sendMail({
          from,
          subject: `${mark} ${index}`,
          text: `Mail ${index} of ${from}`,
        });
    await portal.client.until(async () => (await portal.desk.records(mark)).length === 8);
    const kept = await portal.desk.records(mark, '?outcome=quarantined');
    expect(kept.map((record) => record.from)).toEqual([account.owner.email, account.owner.email]);
    expect(await portal.desk.ticketsOf(account)).toHaveLength(6);
  });

  test('is not used up by mail that only claims to be of that address', async () => {
    expect((await limit(3)).status).toBe(200);
    const account = await portal.desk.openAccount();
    const from = account.owner.email;
    const mark = unique('Forged');
    for (let index = 0; index < 5; index += 1) {
      const headers = verdicts('dmarc=FAIL');
      await portal.client.sendMail({ from, subject: `${mark} ${index}`, text: `Forged ${index}`, headers });
    }
    await portal.client.until(async () => (await portal.desk.records(mark)).length === 5);
    const subject = unique('The real one');
    await portal.client.sendMail({ from, subject, text: 'Hello.' });
    expect((await portal.desk.record(subject)).outcome).toBe('ticket');
  });

  test('stops two machines without any mark that answer each other through a ticket', async () => {
    expect((await limit(4)).status).toBe(200);
    const account = await portal.desk.openAccount();
    const contact = await addContact(portal.client, account);
    const guest = addressOf('guest');
    const subject = unique('Loop');
    await portal.client.sendMail({ from: contact.email, cc: guest, subject, text: 'Hello.' });
    const ticket = await portal.desk.ticketNamed(account, subject);
    await portal.client.mailsWith(subject);
    const answered = new Set<string>();
    const mark = unique('Away');
    for (let round = 0; round < 40; round += 1) {
      const fresh = (await portal.client.mails()).filter(
        (mail) => mail.subject.includes(subject) && !answered.has(mail.messageId),
      );
      if (fresh.length === 0) break;
      let written = 0;
      for (const mail of fresh) {
        answered.add(mail.messageId);
        for (const from of mail.envelope.to.filter((address) => [contact.email, guest].includes(address))) {
          written += 1;
          const away = `${mark} ${answered.size}-${from}`;
          await portal.client.sendMail({
            from,
            to: replyAddress(mail),
            inReplyTo: mail.messageId,
            subject: away,
            text: away,
          });
          await portal.desk.record(away);
        }
      }
      if (written === 0) break;
      await portal.desk.settle(await portal.desk.openAccount());
    }
    const { messages } = await portal.desk.readTicket(account, ticket.id);
    expect(messages.length).toBeLessThanOrEqual(8);
    expect((await portal.desk.records(mark, '?outcome=quarantined')).length).toBeGreaterThan(0);
  }, 60_000);
}
