import { beforeEach, describe, expect, test } from 'vitest';
import { MemoryPortal } from '../../support/memory/memory-portal.ts';

let portal: MemoryPortal;
const settings = '/v1/staff/settings';
const template = (name: string) => `/v1/staff/mail-templates/${name}`;
const put = (userId: string, path: string, body: object) => portal.call(userId, 'PUT', path, { body });

beforeEach(async () => {
  portal = new MemoryPortal();
  portal.addStaff('ada');
  portal.addStaff('seth', ['settings']);
  await portal.authorizer('seth');
});

describe('what money, logins and mail hang on', () => {
  test.each([
    { 'payments.bankInstructions': 'Pay to me' },
    { 'provider.taxId': 'GB1' },
    { 'orders.staffApproval': false },
    { 'mail.sharedNetworks': ['192.0.2.0/24', '2001:db8::/32'] },
  ])('is an administrator’s to change, and each change is told to all of them: %j', async (change) => {
    const refused = await put('seth', settings, change);
    expect(refused).toMatchObject({ status: 403, body: { requiredRoles: ['administrator'] } });
    expect((await put('ada', settings, change)).status).toBe(200);
    await portal.deliver();
    expect(portal.mails.at(-1)!.destinations).toEqual(['ada@portal.test']);
    expect(portal.mails.at(-1)!.text).toContain(Object.keys(change)[0]);
  });

  test('is refused where a network is none, with what one looks like', async () => {
    for (const odd of ['192.0.2.0', '192.0.2.0/33', 'mx.acme.test', '2001:db8::/129', '']) {
      const { status, body } = await put('ada', settings, { 'mail.sharedNetworks': ['10.0.0.0/8', odd] });
      expect(status).toBe(400);
      expect(body.errors[0]).toMatchObject({
        path: 'mail.sharedNetworks.1',
        message: expect.stringContaining('192.0.2.0/24'),
      });
    }
    expect((await portal.call('ada', 'GET', settings)).body['mail.sharedNetworks']).toEqual([]);
  });

  test('goes along unchanged with what is not', async () => {
    const { body } = await portal.call('seth', 'GET', settings);
    expect((await put('seth', settings, { ...body, timeZone: 'Europe/London' })).status).toBe(200);
    await portal.deliver();
    expect(portal.mails).toEqual([]);
  });

  test('is the text of invitations and of payments as well, and of no other mail', async () => {
    const { body } = await portal.call('ada', 'GET', template('invitation'));
    const { subject, text, html } = body;
    expect((await put('seth', template('invitation'), { subject, text, html })).status).toBe(403);
    expect((await put('ada', template('invitation'), { subject, text, html })).status).toBe(200);
    await portal.deliver();
    expect(portal.mails.at(-1)!.text).toContain('mail template invitation');
    const other = (await portal.call('ada', 'GET', template('ticket-closed'))).body;
    const same = { subject: other.subject, text: other.text, html: other.html };
    expect((await put('seth', template('ticket-closed'), same)).status).toBe(200);
  });
});
