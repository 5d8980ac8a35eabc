import { beforeEach, describe, expect, test } from 'vitest';
import { day, type Inbox, openInbox, type Place } from '../../support/desks/inbox.ts';
import { runTask, sweep } from '../../../functions/outbox/run-task.ts';

const jane = 'jane@acme.test';
const gus = 'gus@far.test';
const most = { fromAccount: 20, inAll: 50 };

let inbox: Inbox;
let acme: Place;

beforeEach(async () => {
  inbox = openInbox();
  inbox.portal.now = new Date('2026-03-02T09:00:00Z');
  acme = await inbox.portal.createAccount('Acme', jane);
  await inbox.portal.deliver();
  inbox.portal.mails.length = 0;
});

/** A ticket of the account's owner with these in CC. */
async function open(cc: string[], { accountId, ownerId } = acme): Promise<string> {
  const body = { subject: 'The line', message: 'It is down.', cc };
  const made = await inbox.portal.call(ownerId, 'POST', `/v1/accounts/${accountId}/tickets`, { body });
  expect(made.status).toBe(201);
  return made.body.id;
}

async function staffWrite(id: string, times: number, { accountId } = acme): Promise<void> {
  for (let n = 0; n < times; n++) {
    const body = { message: `Answer ${n}.` };
    const path = `/v1/accounts/${accountId}/tickets/${id}/replies`;
    expect((await inbox.portal.call('stan', 'POST', path, { body })).status).toBe(201);
    await inbox.portal.deliver();
  }
}

const count = async (address: string): Promise<number> => (await inbox.mailsTo(address)).length;
const notes = async (id: string): Promise<string[]> =>
  (await inbox.readTicket(acme, id)).messages
    .filter(({ author }: any) => author.kind === 'system')
    .map(({ body }: any) => body);

/** Those of these addresses that digests went to. */
async function digestsTo(isOne: (address: string) => boolean): Promise<string[]> {
  await inbox.portal.deliver();
  const digests = inbox.portal.mails.filter(({ subject }) => subject?.includes('written to you yesterday'));
  return digests.flatMap(({ destinations }) => destinations).filter(isOne);
}

/** The next day, with the tasks that are due then. */
async function tomorrow(): Promise<void> {
  inbox.portal.advance(day);
  for (let run = 0; run < 3; run++) await sweep(inbox.portal.outbox());
  await inbox.portal.deliver();
}

describe('an address that has shown nothing in the account gets at most 20 mails a day from it', () => {
  test('the rest stands in the ticket for staff, and comes as one digest the next day', async () => {
    const id = await open([gus]);
    await staffWrite(id, 25);
    expect(await count(gus)).toBe(most.fromAccount);
    // Those who asked for it get all of it, without the others being named any differently.
    expect(await count(jane)).toBe(26);
    expect(await notes(id)).toEqual([expect.stringContaining(gus)]);
    await tomorrow();
    const digest = (await inbox.mailsTo(gus)).slice(most.fromAccount);
    expect(digest).toHaveLength(1);
    for (const n of [19, 20, 21, 22, 23, 24]) expect(digest[0]!.text).toContain(`Answer ${n}.`);
    expect(digest[0]!.text).not.toContain('Answer 18.');
    // Staff alone read the line.
    const { body } = await inbox.portal.call(
      acme.ownerId,
      'GET',
      `/v1/accounts/${acme.accountId}/tickets/${id}`,
    );
    expect(JSON.stringify(body)).not.toContain('Not mailed');
    await staffWrite(id, 1);
    expect(await count(gus)).toBe(most.fromAccount + 2);
  });

  test('under whichever spelling', async () => {
    const spellings = ['g.us@gmail.com', 'gus+a@gmail.com', 'gus@googlemail.com'];
    const ids = [];
    for (const spelling of spellings) ids.push(await open([spelling]));
    for (const id of ids) await staffWrite(id, 8);
    expect(
      inbox.portal.mails.filter(({ destinations }) => spellings.some((each) => destinations.includes(each))),
    ).toHaveLength(most.fromAccount);
  });

  test('also where one ticket copies several spellings of it', async () => {
    const spellings = Array.from({ length: 5 }, (_, n) => `gus+${n}@far.test`);
    await staffWrite(await open(spellings), 8);
    const mails = inbox.portal.mails.flatMap(({ destinations }) => destinations);
    expect(mails.filter((address) => spellings.includes(address))).toHaveLength(most.fromAccount);
  });

  test('and 50 from the portal, whichever accounts copy it', async () => {
    const places = [
      acme,
      await inbox.portal.createAccount('Globex', 'owner@globex.test'),
      await inbox.portal.createAccount('North', 'owner@north.test'),
    ];
    for (const place of places) await staffWrite(await open([gus], place), 19, place);
    expect(await count(gus)).toBe(most.inAll);
    await tomorrow();
    // One digest of the account whose mail was held back.
    expect(await count(gus)).toBe(most.inAll + 1);
  });

  test('and what waits for an answer is asked about on the next day, where that is used up', async () => {
    for (const name of ['Globex', 'North', 'South']) {
      const place = await inbox.portal.createAccount(name, `owner@${name.toLowerCase()}.test`);
      await staffWrite(await open([gus], place), 19, place);
    }
    await inbox.record(acme, gus);
    expect(await inbox.write(gus, { subject: 'First' })).toMatchObject({ outcome: 'quarantined' });
    expect(await inbox.questionsTo(gus)).toEqual([]);
    await tomorrow();
    const [token] = await inbox.questionsTo(gus);
    expect(await inbox.press(token!, 'yes')).toMatchObject({ status: 200 });
    expect(await inbox.subjectsOf(acme)).toEqual(['First']);
  });

  test('two at once are counted one after the other', async () => {
    const id = await open([gus]);
    await staffWrite(id, 18);
    const path = `/v1/accounts/${acme.accountId}/tickets/${id}/replies`;
    for (const message of ['One.', 'Two.', 'Three.'])
      await inbox.portal.call('stan', 'POST', path, { body: { message } });
    await inbox.portal.deliver();
    expect(await count(gus)).toBe(most.fromAccount);
  });
});

describe('no limit is', () => {
  test('on replies in a ticket that the address wrote in', async () => {
    const id = await open([gus]);
    const first = (await inbox.mailsTo(gus)).at(-1)!;
    await inbox.write(gus, { head: [`In-Reply-To: ${inbox.sentId(first)}`], text: 'I am here.' });
    await staffWrite(id, 24);
    expect(await count(gus)).toBe(25);
  });

  test('on mail of a kind: contacts with `support` on get all of the owner’s tickets', async () => {
    await inbox.record(acme, 'max@far.test', { emailPreferences: { support: true } });
    await staffWrite(await open([]), 24);
    expect(await count('max@far.test')).toBe(25);
  });

  test('on an address that is proven in the account', async () => {
    await inbox.join(acme, 'pia@far.test');
    await inbox.portal.deliver();
    const before = await count('pia@far.test');
    await staffWrite(await open(['pia@far.test']), 24);
    expect(await count('pia@far.test')).toBe(before + 25);
  });
});

describe('the digest leaves out', () => {
  test('tickets that the address was taken off', async () => {
    const id = await open([gus]);
    await staffWrite(id, 25);
    const path = `/v1/accounts/${acme.accountId}/tickets/${id}/cc/${gus}`;
    expect((await inbox.portal.call(acme.ownerId, 'DELETE', path)).status).toBeLessThan(300);
    await tomorrow();
    expect(await count(gus)).toBe(most.fromAccount);
  });

  test.each([
    ['was removed since', 'DELETE', undefined],
    ['has another address by now', 'PATCH', { email: 'gus@new.test' }],
  ])('what a contact would have had who %s', async (_, method, body) => {
    const contactId = await inbox.record(acme, gus);
    const id = await open([gus]);
    await staffWrite(id, 25);
    const path = `${inbox.contactsOf(acme)}/${contactId}`;
    const changed = await inbox.portal.call(acme.ownerId, method, path, body ? { body } : {});
    expect(changed.status).toBeLessThan(300);
    const before = await count(gus);
    await tomorrow();
    expect(await count(gus)).toBe(before);
    expect(await digestsTo(() => true)).toEqual([]);
  });
});

describe('a contact in copy is written to at their present address', () => {
  const renamed = 'gus@new.test';

  test('and answers from there', async () => {
    const contactId = await inbox.record(acme, gus);
    const id = await open([gus]);
    const path = `${inbox.contactsOf(acme)}/${contactId}`;
    await inbox.portal.call(acme.ownerId, 'PATCH', path, { body: { email: renamed } });
    const before = await count(gus);
    await staffWrite(id, 1);
    expect(await count(gus)).toBe(before);
    const mail = (await inbox.mailsTo(renamed)).find(({ text }) => text?.includes('Answer 0.'));
    const head = [`In-Reply-To: ${inbox.sentId(mail!)}`];
    expect(await inbox.write(renamed, { head })).toMatchObject({ outcome: 'reply', ticketId: id });
    expect(await inbox.write(gus, { head })).not.toMatchObject({ ticketId: id });
  });

  test('which has limits of its own, whoever wrote from the old one', async () => {
    const contactId = await inbox.record(acme, gus);
    const id = await open([gus]);
    const first = (await inbox.mailsTo(gus)).at(-1)!;
    await inbox.write(gus, { head: [`In-Reply-To: ${inbox.sentId(first)}`], text: 'I am here.' });
    const path = `${inbox.contactsOf(acme)}/${contactId}`;
    await inbox.portal.call(acme.ownerId, 'PATCH', path, { body: { email: renamed } });
    await staffWrite(id, 25);
    expect(await count(renamed)).toBe(most.fromAccount);
  });
});

describe('the digest is one a day for a mailbox, within the limits of its day', () => {
  test('however many spellings of it are written to: to the one whose mail was held first', async () => {
    const spellings = Array.from({ length: 60 }, (_, n) => `gus+${n}@far.test`);
    await inbox.set({ 'mail.strangersPerDay': 100 });
    const ids = [];
    for (let start = 0; start < 60; start += 20) ids.push(await open(spellings.slice(start, start + 20)));
    for (const id of ids) await staffWrite(id, 1);
    await inbox.portal.deliver();
    await tomorrow();
    // What confirmed the first ticket used up the day.
    expect(await digestsTo((address) => address.startsWith('gus'))).toEqual(['gus+20@far.test']);
    const told = (await notes(ids[2]!)).join('\n');
    expect(told).toContain('gus+40@far.test');
    expect(told).not.toContain('with the rest tomorrow');
    expect((await notes(ids[1]!)).join('\n')).toMatch(/gus\+20@far\.test: .* with the rest tomorrow/);
    for (let n = 0; n < 3; n++) await tomorrow();
    expect(await digestsTo((address) => address.startsWith('gus'))).toHaveLength(1);
  });

  test('where two mails are held back at once, too', async () => {
    const id = await open([gus]);
    await staffWrite(id, 19);
    const path = `/v1/accounts/${acme.accountId}/tickets/${id}/replies`;
    for (const message of ['One.', 'Two.'])
      await inbox.portal.call('stan', 'POST', path, { body: { message } });
    const tasks = inbox.portal.nudged.splice(0);
    await Promise.all(tasks.map((task) => runTask(inbox.portal.outbox(), task)));
    await tomorrow();
    expect(await digestsTo((address) => address === gus)).toHaveLength(1);
    const digest = (await inbox.mailsTo(gus)).at(-1)!;
    expect(digest.text).toContain('One.');
    expect(digest.text).toContain('Two.');
  });

  test('it counts among the mails of the day on which it goes, and has its place before any other', async () => {
    const id = await open([gus]);
    await staffWrite(id, 25);
    inbox.portal.advance(day);
    // The digest is looked at once an hour; meanwhile the new day fills up.
    await staffWrite(id, 25);
    const before = await count(gus);
    expect(before).toBe(most.fromAccount + most.fromAccount - 1);
    await sweep(inbox.portal.outbox());
    await inbox.portal.deliver();
    expect(await count(gus)).toBe(2 * most.fromAccount);
  });

  test('no more than 50 of them, from however many accounts: the rest waits another day', async () => {
    const places = [acme];
    for (let n = 0; n < 55; n++) places.push(await inbox.portal.createAccount(`P${n}`, `owner@p${n}.test`));
    for (const place of places.slice(0, 3)) await staffWrite(await open([gus], place), 19, place);
    for (const place of places.slice(3)) await open([gus], place);
    expect(await count(gus)).toBe(most.inAll);
    await tomorrow();
    expect(await count(gus)).toBe(2 * most.inAll);
    await tomorrow();
    expect(await digestsTo((address) => address === gus)).toHaveLength(54);
  });
});

describe('what is written to those who manage access is limited for whom the account made one and nothing has shown', () => {
  const manager = 'mia@far.test';
  const subAccount = { permissions: ['contacts'], password: 'A-Password-Of-2026' };

  /** Requests for access, each with words of whoever asks, and refused at once. */
  async function asked(times: number, by: string): Promise<void> {
    const path = `/v1/accounts/${acme.accountId}/access-requests`;
    for (let n = 0; n < times; n++) {
      const body = { permissions: ['invoices'], message: `Words ${n}.` };
      const made = await inbox.portal.call(by, 'POST', path, { body });
      expect(made.status).toBe(201);
      await inbox.portal.call(acme.ownerId, 'POST', `${path}/${made.body.id}/reject`);
      await inbox.portal.deliver();
    }
  }
  const told = async (address: string): Promise<number> =>
    (await inbox.mailsTo(address)).filter(({ text }) => text?.includes('Words')).length;

  test.each(['en', 'de'])('in one language with the owner or not: %s', async (language) => {
    const asker = await inbox.join(acme, 'pia@far.test', ['products']);
    const contactId = await inbox.record(acme, manager, { subAccount });
    await inbox.portal.deliver();
    const { userId } = await inbox.portal.people.byAddress(manager);
    const set = await inbox.portal.call(userId!, 'PATCH', '/v1/me', { body: { language } });
    expect(set.status).toBe(200);
    await asked(28, asker);
    expect(await count(manager)).toBeLessThanOrEqual(most.fromAccount);
    expect(await told(manager)).toBeGreaterThan(10);
    expect(await told(jane)).toBe(28);
    const path = `${inbox.contactsOf(acme)}/${contactId}/sub-account`;
    const body = { permissions: ['tickets'] };
    expect((await inbox.portal.call(acme.ownerId, 'PUT', path, { body })).status).toBe(200);
    const before = await told(manager);
    await tomorrow();
    // Who manages access no more is told nothing of it.
    expect(await told(manager)).toBe(before);
  });

  test('and the rest comes as a digest', async () => {
    const asker = await inbox.join(acme, 'pia@far.test', ['products']);
    await inbox.record(acme, manager, { subAccount });
    await asked(25, asker);
    await tomorrow();
    expect(await digestsTo(() => true)).toEqual([manager]);
  });

  test('and not for managers who have shown that they are', async () => {
    const asker = await inbox.join(acme, 'pia@far.test', ['products']);
    await inbox.join(acme, manager, ['contacts']);
    await asked(28, asker);
    expect(await told(manager)).toBe(28);
  });
});
