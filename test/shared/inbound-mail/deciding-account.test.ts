import { beforeEach, describe, expect, test } from 'vitest';
import { day, forged, hour, type Inbox, openInbox, type Place } from '../../support/desks/inbox.ts';

let inbox: Inbox;
let acme: Place;
/** An account that was there before Acme, and records whom it likes. */
let mallory: Place;

const pia = 'pia@people.test';

beforeEach(async () => {
  inbox = openInbox();
  mallory = await inbox.portal.createAccount('Mallory', 'mallory@evil.test');
  inbox.portal.advance(hour);
  acme = await inbox.portal.createAccount('Acme', 'jane@acme.test');
  inbox.portal.advance(hour);
});

/** Which of the two has the tickets. */
async function where(): Promise<string[]> {
  return [
    ...(await inbox.ticketsOf(mallory)).map(() => 'mallory'),
    ...(await inbox.ticketsOf(acme)).map(() => 'acme'),
  ];
}

const goesTo = async (from: string): Promise<string[]> => {
  expect(await inbox.write(from)).toMatchObject({ outcome: 'ticket' });
  return where();
};

const isAsked = async (from: string): Promise<void> => {
  expect(await inbox.write(from)).toMatchObject({ outcome: 'quarantined' });
  expect(await where()).toEqual([]);
  expect(await inbox.questionsTo(from)).toHaveLength(1);
};

async function say(answer: 'yes' | 'no', from: string): Promise<void> {
  await inbox.write(from);
  const token = (await inbox.questionsTo(from)).at(-1)!;
  expect((await inbox.press(token, answer)).status).toBe(200);
}

const take = async (place: Place, contactId: string, part = ''): Promise<void> => {
  const path = `${inbox.contactsOf(place)}/${contactId}${part}`;
  expect((await inbox.portal.call(place.ownerId, 'DELETE', path)).status).toBe(204);
};

describe('of several accounts, a mail goes', () => {
  test('first where its sender is the owner, even where another has known it longer', async () => {
    await inbox.join(mallory, pia);
    const own = await inbox.openAnother('Pia Ltd', pia);
    await goesTo(pia);
    expect(await inbox.ticketsOf(own)).toMatchObject([{ openedBy: { kind: 'owner' } }]);
    expect(await where()).toEqual([]);
  });

  test('then where the sender has an accepted, proven login, even where another has known it longer', async () => {
    await inbox.record(mallory, pia);
    await say('yes', pia);
    inbox.portal.advance(hour);
    await inbox.join(acme, pia);
    expect(await goesTo(pia)).toEqual(['mallory', 'acme']);
  });

  test('then where the contact is proven, even where another has known it longer', async () => {
    await inbox.record(mallory, pia);
    await say('no', pia);
    await inbox.record(acme, pia);
    await say('yes', pia);
    expect(await goesTo(pia)).toEqual(['acme', 'acme']);
  });

  test('then where the address has been known longest', async () => {
    const later = await inbox.openAnother('Jane’s other', 'jane@acme.test');
    const bob = 'bob@acme.test';
    await inbox.record(later, bob);
    inbox.portal.advance(hour);
    await inbox.record(acme, bob);
    await goesTo(bob);
    expect(await inbox.ticketsOf(later)).toHaveLength(1);
  });

  test('to the longest known of several that it owns, or has logins in', async () => {
    const second = await inbox.openAnother('Jane’s other', 'jane@acme.test');
    expect(await goesTo('jane@acme.test')).toEqual(['acme']);
    await inbox.join(second, pia);
    inbox.portal.advance(hour);
    await inbox.join(acme, pia);
    await goesTo(pia);
    expect(await inbox.ticketsOf(second)).toHaveLength(1);
  });
});

describe('an account that records somebody else’s address as a contact gets no mail of theirs', () => {
  test('while nothing shows that they have to do with it', async () => {
    await inbox.record(mallory, pia);
    await isAsked(pia);
  });

  test('once they are a client with an account of their own', async () => {
    await inbox.record(mallory, pia);
    const own = await inbox.portal.createAccount('Pia Ltd', pia);
    await goesTo(pia);
    expect(await inbox.ticketsOf(own)).toHaveLength(1);
    expect(await where()).toEqual([]);
  });

  test('once they are a contact of another’s, where their word proved them', async () => {
    await inbox.record(mallory, pia);
    await inbox.record(acme, pia);
    await say('no', pia);
    const token = (await inbox.questionsTo(pia)).at(-1)!;
    expect((await inbox.look(token)).body.account).toEqual({ name: 'Acme', owner: 'jane@acme.test' });
    await inbox.press(token, 'yes');
    expect(await goesTo(pia)).toEqual(['acme', 'acme']);
  });

  test('once they have a login elsewhere, and after they left', async () => {
    await inbox.record(mallory, pia);
    const userId = await inbox.join(acme, pia);
    expect(await goesTo(pia)).toEqual(['acme']);
    const left = await inbox.portal.call(userId, 'DELETE', `/v1/me/memberships/${acme.accountId}`);
    expect(left.status).toBe(204);
    await inbox.write(pia);
    expect(await where()).not.toContain('mallory');
  });

  test('where it gave them a login with a password that it chose', async () => {
    await inbox.portal.createSubAccount(mallory.ownerId, mallory.accountId, pia, ['tickets']);
    await isAsked(pia);
  });

  test('where the contact was proven under another address', async () => {
    const puppet = 'puppet@people.test';
    const contactId = await inbox.record(mallory, puppet);
    await say('yes', puppet);
    const path = `${inbox.contactsOf(mallory)}/${contactId}`;
    const body = { email: pia };
    expect((await inbox.portal.call(mallory.ownerId, 'PATCH', path, { body })).status).toBe(200);
    await inbox.write(pia, { subject: 'A secret' });
    expect(await inbox.subjectsOf(mallory)).toEqual(['Down']);
  });

  test('nor mail that only claims to be theirs', async () => {
    await inbox.record(mallory, pia);
    await inbox.portal.createAccount('Pia Ltd', pia);
    const { id } = await inbox.write(pia, forged);
    const [token] = await inbox.questionsTo(pia);
    expect((await inbox.look(token!)).body.account).toBeNull();
    await inbox.press(token!, 'yes');
    expect(await inbox.recordOf(id)).toMatchObject({ outcome: 'ticket' });
    expect(await where()).toEqual([]);
  });
});

describe('an invited part decides no mail', () => {
  test('of a login that has an account of its own', async () => {
    const own = await inbox.portal.createAccount('Pia Ltd', pia);
    await inbox.invite(mallory, pia, ['tickets']);
    await goesTo(pia);
    expect(await inbox.ticketsOf(own)).toHaveLength(1);
    expect(await where()).toEqual([]);
  });

  test('of a login that is proven elsewhere, where it was invited earlier', async () => {
    await inbox.invite(mallory, pia, ['tickets']);
    inbox.portal.advance(hour);
    const userId = await inbox.invite(acme, pia, ['tickets']);
    await inbox.portal.acceptInvitation(userId, acme.accountId);
    expect(await goesTo(pia)).toEqual(['acme']);
  });

  test('of a login that nobody has proven', async () => {
    await inbox.invite(mallory, pia, ['tickets']);
    expect(await inbox.write(pia)).not.toMatchObject({ outcome: 'ticket' });
    expect(await where()).toEqual([]);
  });

  test('in a ticket of the account: the person takes no part in it by `tickets`', async () => {
    const subject = 'The first';
    await inbox.write('mallory@evil.test', { subject });
    const [ticket] = await inbox.ticketsOf(mallory);
    const own = await inbox.portal.createAccount('Pia Ltd', pia);
    const userId = await inbox.invite(mallory, pia, ['tickets']);
    const letter = { subject: `[Ticket ID: ${ticket.number}] ${subject}` };
    expect(await inbox.write(pia, letter)).toMatchObject({ outcome: 'ticket' });
    expect(await inbox.ticketsOf(own)).toHaveLength(1);
    await inbox.portal.acceptInvitation(userId, mallory.accountId);
    expect(await inbox.write(pia, letter)).toMatchObject({ outcome: 'reply', ticketId: ticket.id });
  });

  test('of a new owner who has not proven the address: the old one remains', async () => {
    const body = { email: pia, name: 'Pia', reason: 'The company was sold' };
    const path = `/v1/staff/accounts/${acme.accountId}/owner`;
    expect((await inbox.portal.call('stan', 'PUT', path, { body })).status).toBeLessThan(300);
    expect(await inbox.write(pia)).not.toMatchObject({ outcome: 'ticket' });
    expect(await goesTo('jane@acme.test')).toEqual(['acme']);
  });
});

describe('a contact of the account’s organisation', () => {
  test.each([
    ['its domain', 'bob@acme.test'],
    ['a domain below it', 'bob@mail.acme.test'],
  ])('at %s opens tickets without being asked', async (_, bob) => {
    await inbox.record(acme, bob);
    expect(await goesTo(bob)).toEqual(['acme']);
    expect(await inbox.ticketsOf(acme)).toMatchObject([{ openedBy: { kind: 'contact' } }]);
    expect(await inbox.questionsTo(bob)).toEqual([]);
  });

  test('is asked where an account with another owner is at the domain', async () => {
    await inbox.record(acme, 'bob@acme.test');
    await inbox.portal.createAccount('Tom', 'tom@acme.test');
    await isAsked('bob@acme.test');
  });

  test('is not asked where that account is linked to it', async () => {
    await inbox.record(acme, 'bob@acme.test');
    const north = await inbox.portal.createAccount('North', 'tom@acme.test');
    const path = `/v1/staff/accounts/${north.accountId}/main-account`;
    const body = { mainAccountId: acme.accountId, kind: 'aggregated' };
    expect((await inbox.portal.call('stan', 'PUT', path, { body })).status).toBe(200);
    expect(await goesTo('bob@acme.test')).toEqual(['acme']);
  });

  test.each([
    ['a public mailbox', 'owner@gmail.com', 'bob@gmail.com'],
    ['a domain that the provider calls public', 'owner@freemail.test', 'bob@freemail.test'],
    ['the provider’s own domain', 'owner@portal.test', 'bob@portal.test'],
    ['a suffix under which anybody has a name', 'owner@one.github.io', 'bob@two.github.io'],
  ])('is asked where the owner is at %s', async (_, owner, bob) => {
    await inbox.set({ 'mail.publicDomains': ['FreeMail.test'] });
    const place = await inbox.portal.createAccount('Small', owner);
    await inbox.record(place, bob);
    await isAsked(bob);
    expect(await inbox.ticketsOf(place)).toEqual([]);
  });
});

describe('an account that was declined is not asked about again', () => {
  test.each([
    ['by a no', () => say('no', pia)],
    [
      'by 3 days of silence',
      async () => {
        await inbox.write(pia);
        await inbox.pass(3 * day + hour);
      },
    ],
  ])('%s, also where the contact is removed and recorded anew', async (_, decline) => {
    const contactId = await inbox.record(mallory, pia);
    await decline();
    const asked = (await inbox.questionsTo(pia)).length;
    await inbox.write(pia);
    await take(mallory, contactId);
    const again = await inbox.record(mallory, pia, { name: 'Somebody else' });
    await inbox.write(pia);
    const path = `${inbox.contactsOf(mallory)}/${again}/sub-account`;
    await inbox.portal.call(mallory.ownerId, 'PUT', path, { body: { permissions: ['tickets'] } });
    await inbox.write(pia);
    expect(await inbox.write(pia, forged)).toMatchObject({ outcome: 'quarantined' });
    expect(await inbox.questionsTo(pia)).toHaveLength(asked);
    expect(await where()).toEqual([]);
  });

  test('while another account that names the address is', async () => {
    await inbox.record(mallory, pia);
    await say('no', pia);
    await inbox.record(acme, pia);
    await say('yes', pia);
    expect(await where()).toEqual(['acme']);
  });

  test('while another account that names it too is asked about next, and all that waited waits on', async () => {
    await inbox.record(mallory, pia);
    await inbox.record(acme, pia);
    await inbox.write(pia, { subject: 'One' });
    await inbox.write(pia, { subject: 'Two' });
    await say('no', pia);
    const [, second, ...more] = await inbox.questionsTo(pia);
    expect(more).toEqual([]);
    expect(await inbox.quarantine()).toHaveLength(3);
    await inbox.press(second!, 'yes');
    expect(await inbox.subjectsOf(acme)).toEqual(['Down', 'One', 'Two']);
    expect(await inbox.quarantine()).toEqual([]);
  });

  test('but gets the mail of who accepts its invitation', async () => {
    await inbox.record(acme, pia);
    await say('no', pia);
    const path = inbox.contactsOf(acme);
    const [contact] = (await inbox.portal.call(acme.ownerId, 'GET', path)).body.items;
    const body = { permissions: ['tickets'] };
    await inbox.portal.call(acme.ownerId, 'PUT', `${path}/${contact.id}/sub-account`, { body });
    const { userId } = await inbox.portal.people.byAddress(pia);
    await inbox.portal.acceptInvitation(userId!, acme.accountId);
    expect(await goesTo(pia)).toEqual(['acme']);
  });
});

test('a contact’s mail is a ticket of the account, opened by that person', async () => {
  const contactId = await inbox.record(acme, pia);
  await say('yes', pia);
  expect(await inbox.ticketsOf(acme)).toMatchObject([{ openedBy: { kind: 'contact', id: contactId } }]);
});

test.each(['before', 'after'])(
  'a contact who is removed and recorded anew %s the answer is asked at most once more, and loses no mail',
  async (when) => {
    const contactId = await inbox.record(acme, pia);
    await inbox.write(pia, { subject: 'First' });
    const [token] = await inbox.questionsTo(pia);
    if (when === 'after') await inbox.press(token!, 'yes');
    await take(acme, contactId);
    await inbox.record(acme, pia);
    if (when === 'before') expect((await inbox.press(token!, 'yes')).status).toBe(200);
    await inbox.write(pia, { subject: 'Second' });
    const asked = await inbox.questionsTo(pia);
    if (asked.length > 1) expect((await inbox.press(asked[1]!, 'yes')).status).toBe(200);
    expect(asked.length).toBeLessThanOrEqual(2);
    expect(await inbox.subjectsOf(acme)).toEqual(['First', 'Second']);
    expect(await inbox.quarantine()).toEqual([]);
  },
);

test('a person whose login is taken away stays a contact whose address is proven there', async () => {
  await inbox.record(mallory, pia);
  await inbox.join(acme, pia);
  const { items } = (await inbox.portal.call(acme.ownerId, 'GET', inbox.contactsOf(acme))).body;
  await take(acme, items[0].id, '/sub-account');
  expect(await goesTo(pia)).toEqual(['acme']);
});

test('a contact who says yes in an account and is removed there is nobody to it', async () => {
  const contactId = await inbox.record(acme, pia);
  await say('yes', pia);
  await take(acme, contactId);
  await inbox.write(pia, { subject: 'Another' });
  expect(await inbox.subjectsOf(acme)).toEqual(['Down']);
  await inbox.record(mallory, pia);
  await inbox.write(pia);
  expect(await where()).toEqual(['acme']);
});
