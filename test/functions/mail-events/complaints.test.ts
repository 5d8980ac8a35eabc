import { beforeEach, describe, expect, test } from 'vitest';
import { EventDesk } from './event-desk.ts';

const owner = 'owner@acme.test';
const dev = 'dev@acme.test';

let desk: EventDesk;

beforeEach(async () => {
  desk = await new EventDesk().open();
});

const receivers = (mails: { destinations: string[] }[]) => mails.map(({ destinations }) => destinations);
const toStaff = 'staff@provider.test';

const preferences = async (contactId: string) =>
  (await desk.portal.call(desk.ownerId, 'GET', `${desk.base}/contacts/${contactId}`)).body.emailPreferences;

async function staffNewsOf(complaint: Promise<void>) {
  await complaint;
  const mails = await desk.sent();
  expect(receivers(mails)).toEqual([[toStaff]]);
  return mails[0]!.text!;
}

describe('a complaint', () => {
  test('of a contact takes it off the ticket and that kind of mail in that account, and tells staff', async () => {
    const contactId = await desk.contact(dev, ['support', 'domain']);
    const ticketId = await desk.ticket();
    const [mail] = await desk.reply(ticketId);
    const news = await staffNewsOf(desk.complaint(mail!, ['Dev@acme.test']));
    expect(news).toContain(dev);
    expect(news).toContain(desk.accountId);
    expect(news).toContain('abuse');
    expect(await preferences(contactId)).toMatchObject({ support: false, domain: true });
    expect(receivers(await desk.reply(ticketId))).toEqual([[owner]]);
    expect(await desk.deadAddresses()).toEqual([]);
    const { body } = await desk.portal.call(desk.ownerId, 'GET', `${desk.base}/activity`);
    expect(body.items.map(({ action }: { action: string }) => action)).toEqual(
      expect.arrayContaining(['contact.mail-switched-off', 'ticket.left']),
    );
  });

  test('of a stranger in copy takes it off the list of the ticket', async () => {
    const eve = 'eve@vendor.test';
    const ticketId = await desk.ticket({ cc: [eve] });
    const [mail] = await desk.reply(ticketId);
    await staffNewsOf(desk.complaint(mail!, [eve]));
    expect((await desk.ticketSeenBy('stan', ticketId)).cc).toEqual([]);
    expect(receivers(await desk.reply(ticketId))).toEqual([[owner]]);
  });

  test('of the opener ends the mail of that ticket until they write in it, and of no other ticket', async () => {
    const { userId } = await desk.portal.createSubAccount(desk.ownerId, desk.accountId, dev, ['tickets']);
    await desk.sent();
    const body = { subject: 'Mine', message: 'Please' };
    const opened = await desk.portal.call(userId, 'POST', `${desk.base}/tickets`, { body });
    const another = await desk.portal.call(userId, 'POST', `${desk.base}/tickets`, { body });
    await desk.sent();
    const [mail] = await desk.reply(opened.body.id);
    expect(mail!.destinations).toEqual([dev, owner]);
    await staffNewsOf(desk.complaint(mail!, [dev]));
    expect(receivers(await desk.reply(opened.body.id))).toEqual([[owner]]);
    expect(receivers(await desk.reply(another.body.id))).toEqual([[dev, owner]]);
    await desk.portal.call(userId, 'POST', `${desk.base}/tickets/${opened.body.id}/replies`, {
      body: { message: 'I am back' },
    });
    await desk.sent();
    expect(receivers(await desk.reply(opened.body.id))).toEqual([[dev, owner]]);
  });

  test('of the owner leaves their invoices, and mail that nobody can switch off', async () => {
    const ticketId = await desk.ticket();
    const [mail] = await desk.reply(ticketId);
    await staffNewsOf(desk.complaint(mail!, [owner]));
    const { body: account } = await desk.portal.call(desk.ownerId, 'GET', desk.base);
    expect(account.emailPreferences).toMatchObject({ support: false, invoice: true, general: true });

    const invoice = async () => {
      const lines = [{ description: 'Hosting', quantity: 1, unitPrice: { amount: 1000, currency: 'GBP' } }];
      const body = { lines, dueOn: '2026-04-01' };
      const made = await desk.portal.call('stan', 'POST', `${desk.base}/invoices`, { body });
      expect(made.status).toBe(201);
      return desk.sent();
    };
    const [issued] = await invoice();
    expect(issued!.destinations).toEqual([owner]);
    const news = await staffNewsOf(desk.complaint(issued!, [owner]));
    expect(news).toContain('Nothing was switched off');
    expect(receivers(await invoice())).toEqual([[owner]]);
  });

  test('about mail on access switches nothing off', async () => {
    const contactId = await desk.contact(dev, ['general']);
    await desk.portal.call(desk.ownerId, 'PUT', `${desk.base}/contacts/${contactId}/sub-account`, {
      body: { permissions: ['tickets'] },
    });
    const invitation = (await desk.sent()).find(({ destinations }) => destinations.includes(dev))!;
    await staffNewsOf(desk.complaint(invitation, [dev]));
    expect(await preferences(contactId)).toMatchObject({ general: true });
  });

  test('that may be of several readers takes nobody off, and staff are told', async () => {
    const contactId = await desk.contact(dev);
    const ticketId = await desk.ticket();
    const [mail] = await desk.reply(ticketId);
    const news = await staffNewsOf(desk.complaint(mail!, [owner, dev]));
    expect(news).toContain('Nothing was switched off');
    expect(await preferences(contactId)).toMatchObject({ support: true });
    expect(receivers(await desk.reply(ticketId))).toEqual([[owner, dev]]);
  });

  test.each(['not-spam', 'auth-failure'])('that says %s is none', async (type) => {
    const contactId = await desk.contact(dev);
    const ticketId = await desk.ticket();
    const [mail] = await desk.reply(ticketId);
    await desk.complaint(mail!, [dev], type);
    expect(await desk.sent()).toEqual([]);
    expect(await preferences(contactId)).toMatchObject({ support: true });
  });

  test('about one message of a split audience counts like one about the whole', async () => {
    const contactId = await desk.contact(dev);
    const ticketId = await desk.ticket();
    const [group] = await desk.reply(ticketId);
    await desk.bounce(group!, dev);
    const [, alone] = await desk.reply(ticketId);
    expect(alone!.destinations).toEqual([dev]);
    await staffNewsOf(desk.complaint(alone!, [dev]));
    expect(await preferences(contactId)).toMatchObject({ support: false });
    expect(receivers(await desk.reply(ticketId))).toEqual([[owner]]);
  });
});

test('where no address of staff is set, administrators are told of a complaint', async () => {
  const ticketId = await desk.ticket();
  const [mail] = await desk.reply(ticketId);
  const { portal } = desk;
  portal.mailEvents = () => ({ ...Object.getPrototypeOf(portal).mailEvents.call(portal), staffEmail: '' });
  await desk.complaint(mail!, [owner]);
  expect(receivers(await desk.sent())).toEqual([['stan@portal.test']]);
});
