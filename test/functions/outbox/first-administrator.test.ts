import { beforeEach, describe, expect, test } from 'vitest';
import { inviteFirstAdministrator } from '../../../functions/outbox/first-administrator.ts';
import { MemoryPortal } from '../../support/memory/memory-portal.ts';

let portal: MemoryPortal;

const invite = (firstAdministrator: string) => {
  const { table, nudgeOutbox, people, directory, staff } = portal;
  const warn = () => {};
  const dependencies = { table, nudgeOutbox, people, directory, staff, warn, providerName: 'Annex' };
  return inviteFirstAdministrator({ ...dependencies, firstAdministrator }, portal.now);
};
const invitations = async () => {
  await portal.deliver();
  return portal.mails
    .filter((mail) => mail.subject?.includes('invitation'))
    .flatMap((mail) => mail.destinations);
};

beforeEach(() => {
  portal = new MemoryPortal();
});

describe('the first administrator', () => {
  test('is invited once, and is one from the moment they accept', async () => {
    for (let minute = 0; minute < 3; minute++) await invite('first@provider.test');
    expect(await invitations()).toEqual(['first@provider.test']);
    const token = /\/v1\/invitation\/(\S+)/.exec(portal.mails[0]!.text!)![1]!;
    const body = { name: 'Ada First', password: 'Correct-Horse-1' };
    const accepted = await portal.call('public', 'POST', `/v1/invitation/${token}`, { body, public: true });
    expect(accepted.status).toBe(200);
    portal.advance(1);
    const userId = portal.directory.signIn('first@provider.test', 'Correct-Horse-1')!;
    const cached = { ...(await portal.authorizer(userId)), secondFactor: 'true' as const };
    expect((await portal.call(userId, 'GET', '/v1/staff/members', { cached })).body.items).toMatchObject([
      { name: 'Ada First', roles: ['administrator'], status: 'active' },
    ]);
    await invite('second@provider.test');
    expect(await invitations()).toEqual(['first@provider.test']);
  });

  test('is another where the first address was mistyped', async () => {
    await invite('frist@provider.test');
    await invite('first@provider.test');
    expect(await invitations()).toEqual(['frist@provider.test', 'first@provider.test']);
  });

  test('is nobody where none is named, or there is one', async () => {
    await invite('');
    portal.addStaff('ada');
    await portal.authorizer('ada');
    await invite('first@provider.test');
    expect(await invitations()).toEqual([]);
  });
});
