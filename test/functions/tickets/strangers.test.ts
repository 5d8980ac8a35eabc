import { beforeEach, describe, expect, test } from 'vitest';
import { statusesOf } from '../../support/faults/stoppages.ts';
import { type Inbox, openInbox, type Place } from '../../support/desks/inbox.ts';

let inbox: Inbox;
let acme: Place;

beforeEach(async () => {
  inbox = openInbox();
  acme = await inbox.portal.createAccount('Acme', 'jane@acme.test');
  await inbox.set({ 'mail.strangersPerDay': 3 });
});

const strangers = (count: number, from = 0) =>
  Array.from({ length: count }, (_, n) => `s${from + n}@far.test`);
const open = (cc: string[], userId = acme.ownerId) =>
  inbox.portal.call(userId, 'POST', `/v1/accounts/${acme.accountId}/tickets`, {
    body: { subject: 'Down', message: 'Please look.', cc },
  });
const refused = { status: 429, body: { code: 'too-many-strangers' } };

describe('strangers in CC of a ticket that is opened in the portal count among those of the day', () => {
  test('and beyond them nothing is written', async () => {
    expect((await open(strangers(2))).status).toBe(201);
    expect(await open(strangers(2, 2))).toMatchObject(refused);
    expect(await inbox.ticketsOf(acme)).toHaveLength(1);
    expect((await open(strangers(1, 2))).status).toBe(201);
    expect(await open(strangers(1, 3))).toMatchObject(refused);
    // Those who were written to today are no new ones.
    expect((await open(strangers(3))).status).toBe(201);
  });

  test('together with those of mail', async () => {
    await inbox.write('jane@acme.test', { cc: strangers(3).join(', ') });
    expect(await open(strangers(1, 3))).toMatchObject(refused);
  });

  test('however many tickets are opened at once', async () => {
    const answers = await Promise.all(strangers(6).map((email) => open([email])));
    expect(statusesOf(answers)).toEqual([201, 201, 201, 429, 429, 429]);
  });

  test('contacts do not, nor whom staff copy, and tomorrow is another day', async () => {
    await inbox.record(acme, 'max@acme.test');
    await open(strangers(3));
    expect((await open(['max@acme.test', 'jane@acme.test'])).status).toBe(201);
    expect((await open(strangers(5, 10), 'stan')).status).toBe(201);
    inbox.portal.advance(24 * 3600);
    expect((await open(strangers(3, 20))).status).toBe(201);
  });
});
