import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import type { Mailed, PortalClient } from '../../../support/local/portal-client.ts';
import { type Account, addContact, unique } from '../../people.ts';
import type { OwnPortal } from './own-portal.ts';

export function aboutFloods(portal: OwnPortal): void {
  interface Person {
    account: Account;
    email: string;
  }
  let accounts: Account[];
  let people: Person[];

  beforeAll(async () => {
    accounts = await Promise.all(Array.from({ length: 5 }, () => portal.desk.openAccount()));
    const pairs = accounts.map(async (account): Promise<Person[]> => [
      { account, email: account.owner.email },
      { account, email: (await addContact(portal.client, account)).email },
    ]);
    people = (await Promise.all(pairs)).flat();
  });

  /** Delivers a mail twice at the same time, as if over two ways. */
  async function deliverTwice(mail: Parameters<PortalClient['sendMail']>[0]): Promise<void> {
    const whole = { ...mail, messageId: `<${randomUUID()}@people.test>`, date: new Date() };
    const over = (way: string) => ({
      Received: `from ${way}.people.test by mx.portal.test; ${whole.date.toUTCString()}`,
    });
    await Promise.all(['one', 'two'].map((way) => portal.client.sendMail({ ...whole, headers: over(way) })));
  }

  /** Delivers the mails of all people at the same time, each person's one after the other. */
  async function deliver(mails: { from: string; subject: string; text: string }[]): Promise<void> {
    const ofOne = async (email: string): Promise<void> => {
      for (const mail of mails.filter(({ from }) => from === email)) await deliverTwice(mail);
    };
    await Promise.all(people.map(({ email }) => ofOne(email)));
  }

  const tickets = async (): Promise<any[]> =>
    (await Promise.all(accounts.map((account) => portal.desk.ticketsOf(account)))).flat();
  const confirmations = async (mark: string): Promise<Mailed[]> =>
    (await portal.client.mails()).filter((mail) => mail.subject.includes(mark));

  /** `FLOOD=2 npx vitest run mail/provider/hard-times` is twice the flood, and so on. */
  const size = Number(process.env['FLOOD'] ?? 1);
  const [mailsEach, repliesEach] = [2 * size, 2 * size];
  const all = 10 * mailsEach;

  test(`of ten people, ${all} mails each delivered twice at once, is as many tickets; their replies are messages once`, async () => {
    const mark = unique('Flood');
    const mails = people.flatMap(({ email }) =>
      Array.from({ length: mailsEach }, (_, index) => ({
        from: email,
        subject: `${mark} ${email} ${index}`,
        text: `Mail ${index}`,
      })),
    );
    await deliver(mails);
    for (const account of accounts)
      await portal.countUp(2 * mailsEach, async () => (await portal.desk.ticketsOf(account)).length);
    await portal.countUp(all, async () => (await confirmations(mark)).length);
    await portal.desk.settle(await portal.desk.openAccount());
    const opened = await tickets();
    expect(opened.map((ticket) => ticket.subject as string).sort()).toEqual(
      mails.map((mail) => mail.subject).sort(),
    );
    expect(new Set(opened.map((ticket) => ticket.number)).size).toBe(all);
    expect(new Set((await confirmations(mark)).map((mail) => mail.subject)).size).toBe(all);
    expect(await confirmations(mark)).toHaveLength(all);
    expect(await portal.desk.records(mark)).toHaveLength(all);

    const answered = new Map(
      (await confirmations(mark)).map((mail) => [mail.subject.replace(/^\[.*?\] /, ''), mail]),
    );
    const replies = people.flatMap(({ email }) =>
      Array.from({ length: repliesEach }, (_, index) => {
        const { messageId } = answered.get(`${mark} ${email} ${index % 2}`)!;
        return {
          from: email,
          subject: 'Re:',
          inReplyTo: messageId,
          text: `Reply ${mark} ${email} ${index}`,
        };
      }),
    );
    await deliver(replies);
    const talked = opened.filter((ticket) => /\b[01]$/.test(ticket.subject));
    expect(talked).toHaveLength(20);
    const messages = async (): Promise<string[]> => {
      const read = talked.map(async (ticket) => {
        const account = accounts.find(({ id }) => id === ticket.accountId)!;
        return (await portal.desk.readTicket(account, ticket.id)).messages.slice(1);
      });
      return (await Promise.all(read)).flat().map((message: any) => message.body as string);
    };
    await portal.countUp(10 * repliesEach, async () => (await messages()).length);
    await portal.desk.settle(await portal.desk.openAccount());
    expect((await messages()).sort()).toEqual(replies.map((reply) => reply.text).sort());
    expect(await tickets()).toHaveLength(all);
  }, 300_000);
}
