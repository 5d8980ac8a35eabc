import { beforeEach, describe, expect, test, vi } from 'vitest';
import { countedAddress } from '../../../shared/mail/limits/counted-address.ts';
import { disagreements } from '../../support/desks/disagreements.ts';
import { interleave } from '../../support/faults/stoppages.ts';
import type { MemoryPortal } from '../../support/memory/memory-portal.ts';
import { type Place, subAccountDesk, twoAccounts } from './sub-account-desk.ts';

// What fails on purpose need not be logged.
vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

let portal: MemoryPortal;
let acme: Place;
let other: Place;
const { end, give, pathOf, read, record, userOf } = subAccountDesk(() => ({ portal, acme }));

const day = 24 * 60 * 60;
const access = { permissions: ['tickets'] };

beforeEach(async () => {
  ({ portal, acme, other } = await twoAccounts());
  return () => {
    expect(disagreements(portal, false)).toEqual([]);
  };
});

const invite = (contactId: string, place = acme) =>
  portal.call(place.ownerId, 'POST', `${pathOf(contactId, place)}/invite`);
const later = (seconds: number) => new Date(portal.now.getTime() + seconds * 1000).toISOString();

async function mailed(): Promise<string[]> {
  await portal.deliver();
  return portal.mails.splice(0).flatMap(({ destinations }) => destinations);
}

describe('an invitation', () => {
  test('says when it was sent and when it may be sent again, and is sent again then', async () => {
    const contactId = await record();
    const given = await give(contactId, access);
    const sentAt = portal.now.toISOString();
    expect(given.body.invitation).toEqual({ sentAt, nextAt: later(day) });
    expect((await read(contactId)).invitation).toEqual(given.body.invitation);
    const [listed] = (await portal.call(acme.ownerId, 'GET', `/v1/accounts/${acme.accountId}/contacts`)).body
      .items;
    expect(listed.invitation).toEqual(given.body.invitation);
    expect(await mailed()).toHaveLength(1);
    portal.advance(day - 1);
    const early = await invite(contactId);
    expect(early).toMatchObject({ status: 429, body: { nextAt: given.body.invitation.nextAt } });
    expect(early.body.type).toMatch(/\/invitation-limit$/);
    expect(await mailed()).toEqual([]);
    portal.advance(1);
    const again = await invite(contactId);
    expect(again.body.invitation).toEqual({ sentAt: portal.now.toISOString(), nextAt: later(day) });
    expect(await mailed()).toEqual(['carla@people.test']);
  });

  test('is mailed once a day to an address, and its access is given all the same', async () => {
    const contactId = await record();
    await give(contactId, access);
    await end(contactId);
    await mailed();
    const given = await give(contactId, access);
    expect(given).toMatchObject({ status: 200, body: { subAccount: { status: 'invited' } } });
    expect(given.body.invitation).toEqual({ sentAt: null, nextAt: later(day) });
    expect(await mailed()).toEqual([]);
    // One address has many spellings.
    const plus = await record(acme, 'carla+more@people.test');
    expect((await give(plus, access)).body.invitation.sentAt).toBeNull();
    expect(await mailed()).toEqual([]);
    // Another account has a day of its own.
    await give(await record(other), access, other);
    expect(await mailed()).toEqual(['carla@people.test']);
  });

  test('waits three times unanswered from an account, and no more until it is accepted', async () => {
    const contactId = await record();
    await give(contactId, access);
    for (const more of [1, 2]) {
      portal.advance(day);
      expect([more, (await invite(contactId)).status]).toEqual([more, 200]);
    }
    portal.advance(30 * day);
    expect(await invite(contactId)).toMatchObject({ status: 429, body: { nextAt: null } });
    await portal.acceptInvitation(await userOf(), acme.accountId);
    expect((await read(contactId)).invitation).toBeUndefined();
    await end(contactId);
    const given = await give(contactId, access);
    expect(given.body.invitation.sentAt).toBe(portal.now.toISOString());
  });

  test('waits ten times unanswered in all, and an answer makes room', async () => {
    const places: Place[] = [];
    for (let nth = 1; nth <= 11; nth++) {
      const place = await portal.createAccount(`Account ${nth}`, `owner${nth}@many.test`);
      places.push(place);
      const sent = (await give(await record(place), access, place)).body.invitation.sentAt;
      expect([nth, sent === null]).toEqual([nth, nth > 10]);
    }
    await portal.acceptInvitation(await userOf(), places[0]!.accountId);
    const contacts = `/v1/accounts/${places[10]!.accountId}/contacts`;
    const [last] = (await portal.call(places[10]!.ownerId, 'GET', contacts)).body.items;
    expect((await invite(last.id, places[10])).status).toBe(200);
  });

  test('waits ten times in all also where the last two are given at once', async () => {
    for (let nth = 1; ; nth++) {
      ({ portal, acme, other } = await twoAccounts());
      const places: Place[] = [];
      const ids: string[] = [];
      for (let made = 0; made < 11; made++) {
        places.push(await portal.createAccount(`Account ${made}`, `owner${made}@many.test`));
        ids.push(await record(places[made]));
        if (made < 9) await give(ids[made]!, access, places[made]);
      }
      await mailed();
      const lastTwo = await interleave(
        portal,
        nth,
        () => give(ids[9]!, access, places[9]),
        () => give(ids[10]!, access, places[10]),
      );
      if (lastTwo === null) break;
      const left = lastTwo.filter(({ body }) => body.invitation.sentAt === null);
      expect([nth, left.length, (await mailed()).length]).toEqual([nth, 1, 1]);
    }
  });

  test('is mailed once by two at once', async () => {
    const contactId = await record();
    await give(contactId, access);
    portal.advance(day);
    await mailed();
    const answers = await Promise.all([invite(contactId), invite(contactId)]);
    expect(answers.map(({ status }) => String(status)).toSorted()).toEqual(['200', '429']);
    expect(await mailed()).toHaveLength(1);
  });

  test('that was answered, ended or never given is not sent', async () => {
    const contactId = await record();
    expect((await invite(contactId)).status).toBe(409);
    await give(contactId, access);
    await portal.acceptInvitation(await userOf(), acme.accountId);
    portal.advance(2 * day);
    expect((await invite(contactId)).status).toBe(409);
  });

  test('to what one may not give is not sent', async () => {
    const { userId } = await portal.createSubAccount(acme.ownerId, acme.accountId, 'max@acme.test', [
      'contacts',
    ]);
    const contactId = await record();
    await give(contactId, access);
    portal.advance(day);
    const refused = await portal.call(userId, 'POST', `${pathOf(contactId)}/invite`);
    expect(refused).toMatchObject({ status: 403, body: { exceeds: ['tickets'] } });
  });
});

describe('strangers of a day', () => {
  const only = (most: number) =>
    portal.call('stan', 'PUT', '/v1/staff/settings', { body: { 'mail.strangersPerDay': most } });

  test('are as many as the setting says: beyond, nothing is written', async () => {
    await only(2);
    for (const name of ['a', 'b']) await give(await record(acme, `${name}@people.test`), access);
    const third = await record(acme, 'c@people.test');
    const rows = portal.table.all();
    const refused = await give(third, access);
    expect(refused.status).toBe(429);
    expect(refused.body.type).toMatch(/\/too-many-strangers$/);
    expect(portal.table.all()).toEqual(rows);
    // A contact without access is mailed nothing, and the next day is another.
    expect((await read(third)).subAccount).toBeNull();
    portal.advance(day);
    expect((await give(third, access)).status).toBe(200);
  });

  test('are counted once each, and together by many at once', async () => {
    await only(3);
    const ids: string[] = [];
    for (const name of ['a', 'b', 'c', 'd', 'e']) ids.push(await record(acme, `${name}@people.test`));
    const answers = await Promise.all(ids.map((id) => give(id, access)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(2);
  });

  test('are those too whose login a password was refused for, so that logins are not found by trying', async () => {
    await only(2);
    for (const name of ['a', 'b', 'c']) {
      await portal.createAccount(name, `${name}@known.test`);
    }
    const withPassword = async (address: string) =>
      (await give(await record(acme, address), { ...access, password: 'Correct-Horse-9' })).status;
    expect(await withPassword('a@known.test')).toBe(409);
    expect(await withPassword('b@known.test')).toBe(409);
    expect(await withPassword('c@known.test')).toBe(429);
    // Beyond the limit an address without a login is answered the same.
    expect(await withPassword('nobody@known.test')).toBe(429);
  });
});

test.each([
  ['Carla+shop@People.test', 'carla@people.test'],
  ['c.a.r.l.a+x@gmail.com', 'carla@gmail.com'],
  ['c.arla@googlemail.com', 'carla@gmail.com'],
  ['c.arla@people.test', 'c.arla@people.test'],
  ['+carla@people.test', '+carla@people.test'],
])('for counting, %s is %s', (written, counted) => {
  expect(countedAddress(written)).toBe(counted);
});
