import { beforeEach, describe, expect, test } from 'vitest';
import { EventDesk } from '../mail-events/event-desk.ts';

const owner = 'owner@acme.test';
const path = '/v1/staff/mail';

let desk: EventDesk;

beforeEach(async () => {
  desk = await new EventDesk().open(owner);
  desk.portal.addStaff('stan');
});

const mailTo = async (address: string, more: Record<string, string> = {}): Promise<any> =>
  (await desk.portal.call('stan', 'GET', path, { query: { address, ...more } })).body;

describe('the mail that an address was sent', () => {
  test('is listed newest first, of whichever account, in whatever case it is asked for', async () => {
    const globex = await desk.portal.createAccount('Globex', 'owner@globex.test');
    await desk.contact('max@acme.test');
    const body = { subject: 'Help', message: 'Please', cc: ['Max@acme.test'] };
    await desk.portal.call(globex.ownerId, 'POST', `/v1/accounts/${globex.accountId}/tickets`, { body });
    await desk.sent();
    desk.portal.advance(60);
    await desk.ticket({ cc: ['max@acme.test'] });
    const { items } = await mailTo('MAX@acme.test');
    expect(items.map(({ accountId }: any) => accountId)).toEqual([desk.accountId, globex.accountId]);
    expect(items[0]).toMatchObject({ template: 'ticket-opened', outcome: 'sent', reason: null });
    expect(items[0].subject).toContain('Help');
  });

  test('says what the mail service said of it, for the address that it said it of', async () => {
    await desk.contact('max@acme.test');
    await desk.contact('pia@acme.test');
    const [mail] = await desk.reply(await desk.ticket());
    await desk.bounce(mail!, 'max@acme.test', ['Transient', 'MailboxFull']);
    expect((await mailTo('max@acme.test')).items[0]).toMatchObject({
      outcome: 'undelivered',
      reason: 'Transient/MailboxFull',
    });
    await desk.complaint(mail!, ['pia@acme.test']);
    expect((await mailTo('pia@acme.test')).items[0]).toMatchObject({ outcome: 'complained' });
    expect((await mailTo(owner)).items[0]).toMatchObject({ outcome: 'sent', reason: null });
  });

  test('goes on by a cursor that is good for that address alone', async () => {
    for (let n = 0; n < 3; n++) await desk.ticket();
    const first = await mailTo(owner, { limit: '2' });
    const rest = await mailTo(owner, { limit: '2', cursor: first.nextCursor });
    expect(first.items).toHaveLength(2);
    expect(rest.items.length).toBeGreaterThan(0);
    const query = { address: 'other@acme.test', cursor: first.nextCursor };
    expect((await desk.portal.call('stan', 'GET', path, { query })).status).toBe(400);
  });

  test('holds no code and no signed link, and is for staff with `support` alone', async () => {
    await desk.portal.call('', 'POST', '/v1/sign-in/help', { body: { email: owner }, public: true });
    await desk.sent();
    const { items } = await mailTo(owner);
    expect(JSON.stringify(items)).not.toMatch(/\/v1\/|\b\d{8}\b/);
    const query = { address: owner };
    expect((await desk.portal.call(desk.ownerId, 'GET', path, { query })).status).toBe(403);
    desk.portal.addStaff('bill', ['billing']);
    expect((await desk.portal.call('bill', 'GET', path, { query })).status).toBe(403);
    expect((await desk.portal.call('stan', 'GET', path, { query: { address: 'nobody' } })).status).toBe(400);
  });
});
