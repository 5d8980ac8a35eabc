import { loginRow } from '../../../shared/accounts/people-store.ts';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { email } from '../logins/login-desk.ts';
import { type TriggerDesk, triggerDesk } from './trigger-desk.ts';

vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

let desk: TriggerDesk;
let userId: string;

beforeEach(async () => {
  desk = await triggerDesk();
  ({ userId } = await desk.provenIn(desk.newco));
  await desk.portal.deliver();
  desk.portal.mails.length = 0;
});

describe('a code for a forgotten password', () => {
  test('is mailed once to the address in the login’s row, however often the pool calls', async () => {
    const { portal, forget, call, mailsTo, waiting } = desk;
    const { code, encrypted } = await forget(userId);
    await call('CustomEmailSender_ForgotPassword', userId, encrypted);
    await portal.deliver();
    await call('CustomEmailSender_ForgotPassword', userId, encrypted);
    await portal.deliver();
    expect(mailsTo(email)).toHaveLength(1);
    expect(mailsTo(email)[0]!.text).toContain(code);
    expect(portal.mails).toHaveLength(1);
    expect(waiting()).toEqual([]);
  });

  test('goes where the record says, whatever the pool believes', async () => {
    const { portal, call, mailsTo } = desk;
    const attributes = { email: 'mallory@evil.test', name: 'Mallory', email_verified: 'true' };
    await call('CustomEmailSender_ForgotPassword', userId, 'MTIzNDU2', attributes);
    await portal.deliver();
    expect(mailsTo('mallory@evil.test')).toEqual([]);
    expect(mailsTo(email)).toHaveLength(1);
  });

  test('stands in the table encrypted until it is mailed, and nowhere afterwards', async () => {
    const { portal, forget } = desk;
    const { code, encrypted } = await forget(userId);
    const inTable = () => JSON.stringify(portal.table.all());
    expect(inTable()).toContain(encrypted);
    expect(inTable()).not.toContain(code);
    await portal.deliver();
    expect(inTable()).not.toContain(encrypted);
    expect(inTable()).not.toContain(code);
  });

  test('is mailed three times a day to one address, and the fourth is not', async () => {
    const { portal, forget, mailsTo } = desk;
    for (let times = 0; times < 5; times++) await forget(userId);
    await portal.deliver();
    expect(mailsTo(email)).toHaveLength(3);
    portal.advance(24 * 3600);
    await forget(userId);
    await portal.deliver();
    expect(mailsTo(email)).toHaveLength(4);
  });

  test('is counted once for one mailbox, however it is spelled', async () => {
    const { portal, forget, mailsTo, newco, provenIn } = desk;
    const spelled = email.replace('@', '+other@');
    // One invitation a day to one mailbox.
    portal.advance(25 * 3600);
    const other = await provenIn(newco, spelled);
    portal.mails.length = 0;
    for (const each of [userId, other.userId, userId, other.userId]) await forget(each);
    await portal.deliver();
    expect(mailsTo(email).length + mailsTo(spelled).length).toBe(3);
  });

  test('of one person is not spent by another', async () => {
    const { portal, forget, mailsTo, mallory } = desk;
    for (let times = 0; times < 5; times++) await forget(mallory.ownerId);
    await forget(userId);
    await portal.deliver();
    expect(mailsTo(email)).toHaveLength(1);
  });

  test('is not mailed to a login that is unknown or disabled', async () => {
    const { portal, forget, call, leave, newco, waiting } = desk;
    await leave(userId, newco);
    await portal.deliver();
    portal.mails.length = 0;
    await forget(userId);
    await call('CustomEmailSender_ForgotPassword', 'nobody', 'MTIzNDU2', { email: 'x@y.test' });
    expect(waiting()).toEqual([]);
    await portal.deliver();
    expect(portal.mails).toEqual([]);
  });

  test('is not mailed once it is over, the login is disabled or its address is another', async () => {
    const { portal, forget, leave, newco, waiting } = desk;
    await forget(userId);
    portal.advance(3600);
    await portal.deliver();
    await forget(userId);
    const before = (await portal.people.login(userId))!;
    const moved = { ...before, email: 'nora@elsewhere.test' };
    await portal.table.transact([loginRow(moved, { version: before.version })]);
    await portal.deliver();
    await forget(userId);
    await leave(userId, newco);
    await portal.deliver();
    expect(portal.mails.filter(({ text }) => text?.includes('your code'))).toEqual([]);
    expect(waiting()).toEqual([]);
  });

  test('waits while nobody can read it, and is mailed then', async () => {
    const { portal, forget, mailsTo } = desk;
    const { code } = await forget(userId);
    const outbox = portal.outbox.bind(portal);
    portal.outbox = () => ({ ...outbox(), readCode: () => Promise.reject(new Error('away')) });
    await portal.deliver();
    expect(portal.mails).toEqual([]);
    portal.outbox = outbox;
    await portal.deliver();
    expect(mailsTo(email)[0]!.text).toContain(code);
  });
});

describe('other occasions', () => {
  test('a first password is mailed to whom the operator has just added', async () => {
    const { portal, call, mailsTo } = desk;
    const attributes = { email: 'New@Staff.test', name: 'New Member' };
    const password = Buffer.from('First-Of-All-1').toString('base64');
    await call('CustomEmailSender_AdminCreateUser', 'new-member', password, attributes);
    await portal.deliver();
    expect(mailsTo('new@staff.test').map(({ text }) => text?.includes('First-Of-All-1'))).toEqual([true]);
  });

  test('mail nothing and change nothing', async () => {
    const { portal, call } = desk;
    const before = portal.table.all();
    for (const source of [
      'CustomEmailSender_VerifyUserAttribute',
      'CustomEmailSender_Authentication',
      'CustomEmailSender_constructor',
      'constructor',
      'PostConfirmation_ConfirmSignUp',
    ]) {
      await call(source, userId, 'MTIzNDU2');
    }
    expect(portal.table.all()).toEqual(before);
  });
});
