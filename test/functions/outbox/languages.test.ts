import { beforeEach, describe, expect, test } from 'vitest';
import { accountRows, contactRows, loginRow } from '../../../shared/accounts/people-store.ts';
import { MemoryPortal } from '../../support/memory/memory-portal.ts';

let portal: MemoryPortal;
let accountId: string;
let ownerId: string;

beforeEach(async () => {
  portal = new MemoryPortal();
  ({ accountId, ownerId } = await portal.createAccount('Acme', 'owner@acme.test'));
  await portal.deliver();
  portal.mails.length = 0;
});

const base = () => `/v1/accounts/${accountId}`;
const speak = (userId: string, language: string) =>
  portal.call(userId, 'PATCH', '/v1/me', { body: { language } });

async function accountSpeaks(language: string, id = accountId) {
  const account = (await portal.people.account(id))!;
  await portal.table.transact(accountRows({ ...account, language }, { version: account.version }));
}

async function contact(email: string, language?: string, emailPreferences: object = { support: true }) {
  const made = await portal.call(ownerId, 'POST', `${base()}/contacts`, {
    body: { name: email.split('@')[0], email, emailPreferences },
  });
  const before = (await portal.people.contact(accountId, made.body.id))!;
  if (language) await portal.table.transact(contactRows(before, { ...before, language }));
  return made.body.id as string;
}

/** What went out: to whom, and a word by which its language is known. */
async function sent() {
  await portal.deliver();
  await portal.deliver();
  const mails = portal.mails.map(({ destinations, subject, text }) => ({
    to: destinations.toSorted(),
    subject,
    text: text ?? '',
  }));
  portal.mails.length = 0;
  return mails.toSorted((a, b) => (a.to.join() < b.to.join() ? -1 : 1));
}

const ask = (userId: string) =>
  portal.call(userId, 'POST', `${base()}/access-requests`, {
    body: { permissions: ['invoices'], message: 'Bitte' },
  });

describe('a mail to one person', () => {
  test('is in the language that they chose, with the names of permissions and the decision', async () => {
    const { userId } = await portal.createSubAccount(ownerId, accountId, 'dev@acme.test', ['tickets']);
    await speak(userId, 'de-AT');
    const asked = await ask(userId);
    await sent();
    await portal.call(ownerId, 'POST', `${base()}/access-requests/${asked.body.id}/approve`, { body: {} });
    const [mail] = await sent();
    expect(mail).toMatchObject({
      to: ['dev@acme.test'],
      subject: 'Ihre Anfrage nach Zugriff auf Acme wurde genehmigt',
    });
    expect(mail!.text).toContain('Rechnungen ansehen & bezahlen');
  });

  test('is in the account’s, where they chose none, and in English where nobody did', async () => {
    const { userId } = await portal.createSubAccount(ownerId, accountId, 'dev@acme.test', ['tickets']);
    const decide = async () => {
      const asked = await ask(userId);
      await sent();
      await portal.call(ownerId, 'POST', `${base()}/access-requests/${asked.body.id}/reject`, { body: {} });
      return (await sent())[0]!.subject;
    };
    expect(await decide()).toBe('Your request for access to Acme was rejected');
    await accountSpeaks('de');
    expect(await decide()).toBe('Ihre Anfrage nach Zugriff auf Acme wurde abgelehnt');
    await accountSpeaks('tlh');
    expect(await decide()).toBe('Your request for access to Acme was rejected');
  });

  test('that invites does not tell the account which language they chose elsewhere', async () => {
    const other = await portal.createAccount('Elsewhere', 'owner@elsewhere.test');
    const { userId } = await portal.createSubAccount(other.ownerId, other.accountId, 'dev@acme.test', [
      'tickets',
    ]);
    await speak(userId, 'de');
    await sent();
    const id = await contact('dev@acme.test');
    const give = () =>
      portal.call(ownerId, 'PUT', `${base()}/contacts/${id}/sub-account`, {
        body: { permissions: ['tickets'] },
      });
    await give();
    expect((await sent())[0]!.text).toContain('View & open support tickets');
    const before = (await portal.people.contact(accountId, id))!;
    await portal.table.transact(contactRows(before, { ...before, language: 'de' }));
    portal.advance(86_400);
    await portal.call('', 'POST', '/v1/sign-in/help', { body: { email: 'dev@acme.test' }, public: true });
    expect((await sent())[0]!.text).toContain('Support-Tickets ansehen & eröffnen');
  });

  test('that makes them an owner does not tell it either, until they accept', async () => {
    const { userId } = await portal.createSubAccount(ownerId, accountId, 'dev@acme.test', ['tickets']);
    await portal.acceptInvitation(userId, accountId);
    await speak(userId, 'de');
    await sent();
    const owner = { name: 'Dev', email: 'dev@acme.test' };
    const made = await portal.call('stan', 'POST', '/v1/staff/accounts', { body: { name: 'Second', owner } });
    expect((await sent())[0]!.text).toContain('Second in the client portal');
    await portal.acceptInvitation(userId, made.body.id);
    const path = `/v1/accounts/${made.body.id}/tickets`;
    await portal.call(userId, 'POST', path, { body: { subject: 'Hilfe', message: 'Bitte' } });
    expect((await sent())[0]!.text).toContain('eröffnet:');
  });

  test('of a login is in its person’s language, and that to its new address too', async () => {
    const owner = (await portal.people.login(ownerId))!;
    await portal.table.transact([loginRow({ ...owner, proven: true }, { version: owner.version })]);
    await speak(ownerId, 'de');
    const body = { email: 'new@acme.test' };
    expect((await portal.call(ownerId, 'POST', '/v1/me/address', { body })).status).toBe(202);
    expect((await sent()).map(({ to, subject }) => [to, subject])).toEqual([
      [['new@acme.test'], 'Ihr Code: eine neue Adresse für Ihren Login'],
      [['owner@acme.test'], 'Eine neue Adresse für Ihren Login'],
    ]);
  });

  test('whom nobody knows is in English, whatever the account speaks', async () => {
    await accountSpeaks('de');
    await portal.receive(
      'From: stranger@somewhere.test\nTo: support@portal.test\nSubject: Hi\nMessage-ID: <1@s.test>\n\nHi',
    );
    expect((await sent())[0]!.subject).toBe('Your message to us');
  });
});

describe('a mail to a list', () => {
  test('goes out once for each language, to each person once', async () => {
    await contact('de1@acme.test', 'de', { general: true });
    await portal.createSubAccount(ownerId, accountId, 'manager-de@acme.test', ['contacts']);
    const { userId } = await portal.people.byAddress('manager-de@acme.test');
    await speak(userId!, 'de');
    await portal.createSubAccount(ownerId, accountId, 'manager-en@acme.test', ['contacts']);
    const asker = await portal.createSubAccount(ownerId, accountId, 'dev@acme.test', ['tickets']);
    await sent();
    await ask(asker.userId);
    const mails = await sent();
    expect(mails.map(({ to, subject }) => [to, subject])).toEqual([
      [['manager-de@acme.test'], 'dev bittet um Zugriff auf Acme'],
      [['manager-en@acme.test', 'owner@acme.test'], 'dev asks for access to Acme'],
    ]);
    expect(mails[0]!.text).toContain('Rechnungen ansehen & bezahlen');
    expect(mails[1]!.text).toContain('View & pay invoices');
  });

  test('of administrators goes out once for each language, roles too', async () => {
    for (const name of ['ada', 'bob']) {
      portal.addStaff(name);
      await portal.authorizer(name);
    }
    portal.addStaff('sue', ['support']);
    await speak('bob', 'de');
    await sent();
    await portal.call('ada', 'PATCH', '/v1/staff/members/sue', { body: { roles: ['sales'] } });
    const mails = await sent();
    expect(mails.map(({ to, subject }) => [to, subject])).toEqual([
      [['ada@portal.test', 'stan@portal.test'], 'Staff of the client portal: a change'],
      [['bob@portal.test'], 'Team des Kundenportals: eine Änderung'],
    ]);
    expect(mails[1]!.text).toContain('Jetzt: Vertrieb');
  });

  test('is one message where all read the same language', async () => {
    await accountSpeaks('de');
    await portal.createSubAccount(ownerId, accountId, 'manager@acme.test', ['contacts']);
    const asker = await portal.createSubAccount(ownerId, accountId, 'dev@acme.test', ['tickets']);
    await sent();
    await ask(asker.userId);
    const mails = await sent();
    expect(mails.map(({ to }) => to)).toEqual([['manager@acme.test', 'owner@acme.test']]);
    expect(mails[0]!.subject).toBe('dev bittet um Zugriff auf Acme');
  });
});

describe('a ticket’s mail', () => {
  test('is one message, its frame in the opener’s language', async () => {
    await contact('en@acme.test', 'en');
    await speak(ownerId, 'de');
    await portal.call(ownerId, 'POST', `${base()}/tickets`, { body: { subject: 'Help', message: 'Please' } });
    const mails = await sent();
    expect(mails.map(({ to }) => to)).toEqual([['en@acme.test', 'owner@acme.test']]);
    expect(mails[0]!.subject).toMatch(/^\[Ticket ID: \d+\] Help$/);
    expect(mails[0]!.text).toContain('eröffnet:');
  });

  test('that a contact opened by mail is in the contact’s', async () => {
    await contact('de@acme.test', 'de');
    await portal.receive(
      'From: de@acme.test\nTo: support@portal.test\nSubject: Hilfe\nMessage-ID: <1@acme.test>\n\nBitte',
    );
    const [mail] = await sent();
    expect(mail!.text).toContain('hat Ticket');
  });
});

describe('templates of staff', () => {
  const path = '/v1/staff/mail-templates/access-requested';
  const template = { subject: 'Frage von {{ requestedBy }}', text: 'T', html: '<p>T</p>' };

  test('have a language, and leave the others as they are', async () => {
    const before = (await portal.call('stan', 'GET', path)).body;
    const put = await portal.call('stan', 'PUT', path, { body: template, query: { language: 'de' } });
    expect(put).toMatchObject({ status: 200, body: { ...template, language: 'de' } });
    expect((await portal.call('stan', 'GET', path)).body).toEqual(before);
    expect(before).toMatchObject({
      language: 'en',
      subject: '{{ requestedBy }} asks for access to {{ accountName }}',
    });
    const german = (await portal.call('stan', 'GET', path, { query: { language: 'de' } })).body;
    expect(german).toEqual(put.body);
    const listed = await portal.call('stan', 'GET', '/v1/staff/mail-templates', {
      query: { language: 'de' },
    });
    expect(listed.body.items).toContainEqual(german);
    await speak(ownerId, 'de');
    const asker = await portal.createSubAccount(ownerId, accountId, 'dev@acme.test', ['tickets']);
    await sent();
    await ask(asker.userId);
    expect((await sent())[0]!.subject).toBe('Frage von dev');
  });

  test('that were written before there were languages are the English ones', async () => {
    await portal.table.transact([{ put: { pk: 'MAIL-TEMPLATES', sk: 'access-requested', ...template } }]);
    expect((await portal.call('stan', 'GET', path)).body).toMatchObject(template);
    expect((await portal.call('stan', 'GET', path, { query: { language: 'de' } })).body.text).not.toBe('T');
  });

  test.each(['fr', 'de-AT', '', 'en#de'])('are in no language %s', async (language) => {
    expect((await portal.call('stan', 'GET', path, { query: { language } })).status).toBe(400);
    expect((await portal.call('stan', 'PUT', path, { body: template, query: { language } })).status).toBe(
      400,
    );
  });
});

describe('what is in the outbox', () => {
  test('can be read by the release before, and by one that lost a phrase', async () => {
    const asker = await portal.createSubAccount(ownerId, accountId, 'dev@acme.test', ['tickets']);
    await sent();
    await speak(ownerId, 'de');
    await ask(asker.userId);
    const row = portal.table.all().find(({ pk }) => pk.startsWith('OUTBOX#'))!;
    const task = row['task'] as { data: Record<string, unknown>; words: Record<string, unknown> };
    expect(task.data['permissions']).toEqual(['View & pay invoices']);
    task.words['permissions'] = [{ key: 'permission.of-tomorrow' }];
    await portal.table.transact([{ put: { ...row, task } }]);
    const [mail] = await sent();
    expect(mail!.subject).toBe('dev bittet um Zugriff auf Acme');
    expect(mail!.text).toContain('View & pay invoices');
  });
});
