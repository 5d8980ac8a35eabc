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

describe('what an address did not get is listed with why', () => {
  const gus = 'gus@far.test';
  const held = async (address: string): Promise<any[]> =>
    (await mailTo(address)).items.filter(({ outcome }: any) => outcome === 'held-back');

  test('where it had enough mail that day, once however often that is tried', async () => {
    const id = await desk.ticket({ cc: [gus] });
    for (let n = 0; n < 21; n++) await desk.reply(id, `Answer ${n}.`);
    const listed = await held(gus);
    expect(listed).toHaveLength(2);
    expect(listed[0]).toMatchObject({
      accountId: desk.accountId,
      template: 'ticket-reply',
      sentAt: '2026-03-01T10:00:00.000Z',
      subject: expect.stringContaining('Help'),
      messageId: null,
      reason: 'it had enough mail that day',
    });
    expect(await held(owner)).toEqual([]);
  });

  test('where it is dead, though it is the only reader', async () => {
    const id = await desk.ticket();
    const [mail] = await desk.reply(id);
    await desk.bounce(mail!, owner);
    await desk.reply(id);
    expect(await held(owner)).toMatchObject([
      {
        template: 'ticket-reply',
        subject: null,
        messageId: null,
        reason: 'the address is dead (Permanent/General)',
      },
    ]);
  });

  test('not of a ticket that it left', async () => {
    const id = await desk.ticket({ cc: [gus] });
    const [mail] = await desk.reply(id);
    await desk.complaint(mail!, [gus]);
    await desk.bounce(mail!, gus);
    const alone = (await desk.sent()).concat(await desk.reply(await desk.ticket({ cc: [gus] })));
    await desk.bounce(
      alone.find(({ destinations }) => destinations.includes(gus))!,
      gus,
    );
    await desk.reply(id);
    expect(await held(gus)).toEqual([]);
  });

  test('where the mail service is too busy at first, or refuses it for good', async () => {
    const id = await desk.ticket();
    const answers = [{ kind: 'later' } as const, { kind: 'refused', reason: 'MessageRejected' } as const];
    desk.portal.ses = () => answers.shift() ?? null;
    await desk.reply(id);
    expect(await held(owner)).toMatchObject([
      { reason: 'the mail service refused it (MessageRejected)', subject: expect.stringContaining('Help') },
    ]);
  });

  test('in its place among what it got', async () => {
    const id = await desk.ticket({ cc: [gus] });
    for (let n = 0; n < 20; n++) await desk.reply(id, `Answer ${n}.`);
    desk.portal.advance(24 * 3600);
    await desk.reply(id, 'The next day.');
    const { items } = await mailTo(gus, { limit: '4' });
    expect(items.map(({ outcome }: any) => outcome).slice(0, 3)).toContain('held-back');
    expect(items[0].outcome).toBe('sent');
  });
});
