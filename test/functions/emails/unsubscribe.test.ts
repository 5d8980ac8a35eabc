import { beforeEach, describe, expect, test } from 'vitest';
import type { SentMail } from '../../support/memory/memory-dependencies.ts';
import { MemoryPortal } from '../../support/memory/memory-portal.ts';

let portal: MemoryPortal;
let accountId: string;
let ownerId: string;
let contactId: string;

beforeEach(async () => {
  portal = new MemoryPortal();
  ({ accountId, ownerId } = await portal.createAccount('Acme', 'owner@acme.test'));
  const body = { name: 'Books', email: 'books@acme.test', emailPreferences: { invoice: true } };
  const made = await portal.call(ownerId, 'POST', `/v1/accounts/${accountId}/contacts`, { body });
  contactId = made.body.id;
  await portal.deliver();
  portal.mails.length = 0;
});

const account = () => `/v1/accounts/${accountId}`;
const ownersMail = (emailPreferences: object) =>
  portal.call(ownerId, 'PATCH', account(), { body: { emailPreferences } });

/** One invoice's mail; the owner's own switch decides whether it goes to one address or two. */
async function invoiced() {
  portal.mails.length = 0;
  const lines = [{ description: 'Work', quantity: 1, unitPrice: { amount: 100, currency: 'GBP' } }];
  const body = { lines, dueOn: '2026-04-01' };
  expect((await portal.call('stan', 'POST', `${account()}/invoices`, { body })).status).toBe(201);
  await portal.deliver();
  return portal.mails;
}

const headerOf = ({ headers }: SentMail, name: string) =>
  headers.find(({ key }) => key === name.toLowerCase())?.value;
const linkIn = (mail: SentMail) =>
  /\/v1\/unsubscribe\/([\w.-]+)>/.exec(headerOf(mail, 'List-Unsubscribe') ?? '')?.[1] ?? null;

/** The link of the mail to the contact alone. */
async function contactsLink() {
  await ownersMail({ invoice: false });
  const [mail] = await invoiced();
  return linkIn(mail!)!;
}

async function ownersLink() {
  await portal.call(ownerId, 'DELETE', `${account()}/contacts/${contactId}`);
  const [mail] = await invoiced();
  return linkIn(mail!)!;
}

const look = (token: string) => portal.call('', 'GET', `/v1/unsubscribe/${token}`, { public: true });
const post = (token: string, body: object) =>
  portal.call('', 'POST', `/v1/unsubscribe/${token}`, { body, public: true });
const oneClick = (token: string) => post(token, { 'List-Unsubscribe': 'One-Click' });
const press = (token: string) => post(token, { press: 'yes' });
const wants = async () => (await portal.people.contact(accountId, contactId))!.emailPreferences;
const ownerWants = async () => (await portal.people.account(accountId))!.owner.emailPreferences;

describe('a message carries the link of RFC 8058', () => {
  test('where it is mail of a kind and goes to one address', async () => {
    await ownersMail({ invoice: false });
    const [mail, ...more] = await invoiced();
    expect(more).toEqual([]);
    expect(headerOf(mail!, 'List-Unsubscribe')).toMatch(/^<https:\S+\/v1\/unsubscribe\/\S+>$/);
    expect(headerOf(mail!, 'List-Unsubscribe-Post')).toBe('List-Unsubscribe=One-Click');
  });

  test('and not where it goes to several, as one of them would switch it off for another', async () => {
    const [mail] = await invoiced();
    expect(mail!.destinations).toHaveLength(2);
    expect(headerOf(mail!, 'List-Unsubscribe')).toBeUndefined();
  });

  test('nor in mail about access, which cannot be switched off', async () => {
    const subAccount = { permissions: ['tickets'] };
    const body = { name: 'Sub', email: 'sub@acme.test', subAccount };
    await portal.call('stan', 'POST', `${account()}/contacts`, { body });
    await portal.deliver();
    expect(portal.mails).toHaveLength(2);
    for (const mail of portal.mails) expect(headerOf(mail, 'List-Unsubscribe')).toBeUndefined();
  });
});

describe('the link', () => {
  test('switches its own kind off in its own account, by the mail program alone', async () => {
    const body = {
      name: 'Books',
      email: 'books@acme.test',
      emailPreferences: { invoice: true, domain: true },
    };
    const other = await portal.createAccount('Other', 'owner@other.test');
    await portal.call(other.ownerId, 'POST', `/v1/accounts/${other.accountId}/contacts`, { body });
    await portal.call(ownerId, 'PATCH', `${account()}/contacts/${contactId}`, {
      body: { emailPreferences: { domain: true } },
    });
    const token = await contactsLink();
    expect(await oneClick(token)).toMatchObject({ status: 202, body: { isOn: false } });
    expect(await wants()).toMatchObject({ invoice: false, domain: true });
    expect(await portal.people.mailList(other.accountId, 'invoice')).toHaveLength(1);
    expect(await portal.people.mailList(accountId, 'invoice')).toEqual([]);
  });

  test('is looked at without an effect, as scanners open links', async () => {
    const token = await contactsLink();
    expect((await look(token)).body).toMatchObject({
      accountName: 'Acme',
      email: 'books@acme.test',
      kind: 'invoice',
      switchesOn: false,
      isOn: true,
    });
    const shown = await portal.call('', 'GET', `/v1/unsubscribe/${token}`, {
      public: true,
      headers: { accept: 'text/html' },
    });
    expect(Buffer.from(String(shown.body), 'base64').toString()).toContain('<form method="post">');
    expect((await wants()).invoice).toBe(true);
  });

  test('of an owner does nothing by itself, and switches off by a press', async () => {
    const token = await ownersLink();
    expect(await oneClick(token)).toMatchObject({ status: 202, body: { isOn: true } });
    expect((await ownerWants()).invoice).toBe(true);
    expect((await press(token)).status).toBe(202);
    expect((await ownerWants()).invoice).toBe(false);
  });

  test('is confirmed by mail with a link back, which a mail program does not press', async () => {
    const token = await contactsLink();
    portal.mails.length = 0;
    await oneClick(token);
    await oneClick(token);
    await portal.deliver();
    expect(portal.mails.map(({ destinations }) => destinations)).toEqual([['books@acme.test']]);
    const back = /\/v1\/unsubscribe\/([\w.-]+)/.exec(portal.mails[0]!.text!)![1]!;
    await oneClick(back);
    expect((await wants()).invoice).toBe(false);
    await press(back);
    expect((await wants()).invoice).toBe(true);
  });

  test('is in no kept copy of the mail', async () => {
    const token = await contactsLink();
    expect(JSON.stringify(portal.table.all())).not.toContain(token);
    await oneClick(token);
    await portal.deliver();
    const back = /\/v1\/unsubscribe\/([\w.-]+)/.exec(portal.mails.at(-1)!.text!)![1]!;
    expect(JSON.stringify(portal.table.all())).not.toContain(back);
  });

  test('is for the address that it was mailed to, and unchanged', async () => {
    const token = await contactsLink();
    const [payload, signature] = token.split('.') as [string, string];
    const fields = JSON.parse(Buffer.from(payload, 'base64url').toString()) as unknown[];
    for (const changed of [
      [fields[0], 'owner', ...fields.slice(2)],
      [fields[0], fields[1], 'domain', ...fields.slice(3)],
    ]) {
      const forged = Buffer.from(JSON.stringify(changed)).toString('base64url');
      expect((await oneClick(`${forged}.${signature}`)).status).toBe(404);
    }
    const body = { email: 'else@acme.test' };
    await portal.call(ownerId, 'PATCH', `${account()}/contacts/${contactId}`, { body });
    expect((await oneClick(token)).status).toBe(404);
    expect((await press('rubbish')).status).toBe(404);
  });

  test.each([[{}], [{ press: 'no' }], [{ 'List-Unsubscribe': 'yes' }], [{ press: 'yes', more: 1 }]])(
    'does nothing for %j',
    async (body) => {
      const token = await contactsLink();
      expect((await post(token, body)).status).toBe(400);
      expect((await wants()).invoice).toBe(true);
    },
  );
});

test('a ticket’s mail says how to leave the ticket', async () => {
  portal.mails.length = 0;
  const body = { subject: 'Down', message: 'Please look' };
  await portal.call(ownerId, 'POST', `${account()}/tickets`, { body });
  await portal.deliver();
  expect(portal.mails[0]!.text).toContain('To leave it, say so in an answer');
});
