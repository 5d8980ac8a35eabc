import { randomUUID } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import type { Answered, Mailed } from '../../../support/local/portal-client.ts';
import { addContact, unique } from '../../people.ts';
import type { OwnPortal } from './own-portal.ts';

export function aboutFaults(portal: OwnPortal): void {
  afterEach(() => portal.client.control('faults', { conflicts: 0, throttles: 0, mailThrottles: 0 }));

  test('lose no mail and send none twice: 12 tickets by mail, each answered by staff', async () => {
    const account = await portal.desk.openAccount();
    const contact = await addContact(portal.client, account);
    const mark = unique('Faults');
    await portal.client.control('faults', { conflicts: 0.2, throttles: 0.2, mailThrottles: 0.3 });
    const mails = Array.from({ length: 12 }, (_, index) => ({
      from: contact.email,
      subject: `${mark} ${index}.`,
      text: `Mail ${index}`,
    }));
    await Promise.all(mails.map((mail) => portal.client.sendMail(mail)));
    /** Asks until there is an answer, as a person who sees an error does; the key makes it one request. */
    const ask = async (method: string, path: string, body?: object): Promise<Answered> => {
      const key: Record<string, string> = method === 'POST' ? { 'idempotency-key': randomUUID() } : {};
      return portal.client.until(async () => {
        const answer = await portal.client.call(portal.staff, method, path, body, key);
        return answer.status < 400 && answer;
      });
    };
    const path = `${account.path}/tickets`;
    const listed = async (): Promise<any[]> => (await ask('GET', `${path}?limit=100`)).body.items;
    await portal.countUp(12, async () => (await listed()).length);
    const tickets = await listed();
    for (const ticket of tickets)
      await ask('POST', `${path}/${ticket.id}/replies`, { message: `Answer to ${ticket.subject}` });
    const sent = async (): Promise<Mailed[]> =>
      (await portal.client.mails()).filter((mail) => mail.subject.includes(mark));
    await portal.countUp(24, async () => (await sent()).length);
    await portal.client.control('faults', { conflicts: 0, throttles: 0, mailThrottles: 0 });
    await portal.desk.settle(await portal.desk.openAccount());
    expect((await portal.desk.ticketsOf(account)).map((ticket) => ticket.subject as string).sort()).toEqual(
      mails.map((mail) => mail.subject).sort(),
    );
    for (const { subject } of mails) {
      const about = (await sent()).filter((mail) => mail.subject.endsWith(subject));
      expect(about, subject).toHaveLength(2);
      expect(about.filter((mail) => mail.text.includes(`Answer to ${subject}`))).toHaveLength(1);
      for (const mail of about)
        expect([...mail.envelope.to].sort()).toEqual([account.owner.email, contact.email].sort());
    }
    for (const ticket of await portal.desk.ticketsOf(account))
      expect((await portal.desk.readTicket(account, ticket.id)).messages).toHaveLength(2);
    expect(await portal.desk.records(mark)).toHaveLength(12);
  }, 120_000);
}
