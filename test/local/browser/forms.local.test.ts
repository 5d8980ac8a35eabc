import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { startBrowser } from '../../support/local/browser.ts';
import { PortalClient } from '../../support/local/portal-client.ts';
import { verdicts } from '../../support/desks/mail-desk.ts';
import {
  acceptByLink,
  addContact,
  allOf,
  grant,
  invitationLink,
  openAccount,
  password,
  staffEmail,
  unique,
} from '../people.ts';

/** The pages behind mailed links, in a real browser: under their own headers, and without script. */
const client = new PortalClient(inject('portal'));
let browser: Browser;

beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());

async function open(path: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(new URL(path, client.portal.apiUrl).href);
  return page;
}

/** Presses a button of the page, its first one unless said; what comes next is its title. */
async function press(page: Page, button = 'button'): Promise<string> {
  await Promise.all([page.waitForNavigation(), page.click(button)]);
  return page.title();
}

test('somebody invited says their name, chooses a password on the page, and signs in with it at once', async () => {
  const account = await openAccount(client);
  const contact = await addContact(client, account);
  await grant(client, account, contact, { permissions: ['tickets'] });
  const page = await open(await invitationLink(client, account, contact.email));
  expect(await page.title()).toBe('Your invitation');

  await page.type('input[name=name]', 'Form Person');
  await page.type('input[name=password]', 'no-capital-letter');
  expect(await press(page)).toBe('Your invitation');
  expect(await page.$eval('[role=alert]', (alert) => alert.textContent)).toContain('password');

  await page.type('input[name=name]', 'Form Person');
  await page.type('input[name=password]', password);
  expect(await press(page)).toBe('Accepted');
  const token = await client.signIn(contact.email, password);
  const me = await client.call(token, 'GET', '/v1/me');
  expect(me.body.user.name).toBe('Form Person');
  expect((await client.call(token, 'GET', `${account.path}/tickets`)).status).toBe(200);
});

test('a change of address is stopped by the press on the page that the old address was mailed', async () => {
  const account = await openAccount(client);
  const contact = await addContact(client, account);
  await grant(client, account, contact, { permissions: ['tickets'] });
  const token = await acceptByLink(client, account, contact);
  const email = `new-${contact.email}`;
  expect((await client.call(token, 'POST', '/v1/me/address', { email })).status).toBe(202);
  const notice = await client.until(async () =>
    (await client.mails()).find(
      (mail) => mail.envelope.to.includes(contact.email) && mail.text.includes(email),
    ),
  );
  const page = await open(/\/v1\/invitation\/[\w.-]+/.exec(notice.text)![0]);
  expect(await page.title()).toBe('A new address for your login');
  expect(await press(page)).toBe('Stopped');
});

/** The path of the link of this kind in the last mail to the address. */
function linkTo(address: string, kind: 'mail' | 'unsubscribe'): Promise<string> {
  return client.until(async () => {
    const mails = (await client.mails()).filter(({ envelope }) => envelope.to.includes(address));
    const link = new RegExp(`/v1/${kind}/[\\w.-]+`);
    return mails.flatMap(({ raw }) => link.exec(raw.replace(/=\r?\n/g, ''))?.[0] ?? []).at(-1);
  });
}

test.each([
  ['yes', 'ticket'],
  ['no', 'discarded'],
])('who is asked whether a mail is theirs presses %s, once', async (answer, outcome) => {
  const { owner } = await openAccount(client);
  const subject = unique('Mine');
  const headers = verdicts('spf=FAIL; dkim=FAIL; dmarc=FAIL');
  await client.sendMail({ from: owner.email, subject, text: 'It is down.', headers });
  const path = await linkTo(owner.email, 'mail');
  const page = await open(path);
  expect(await page.$eval('body', (body) => body.textContent)).toContain('It is down.');
  const title = await page.title();
  expect(await press(page, `button[value=${answer}]`)).not.toBe(title);
  const staff = await client.token(staffEmail);
  const records = await allOf(client, staff, '/v1/staff/mail-in');
  expect(records.find((record) => record.subject === subject)).toMatchObject({ outcome });
  const again = await (await open(path)).title();
  expect(again).not.toBe(title);
});

test('an owner switches a kind of mail off by a press, and on again by the link of the mail that confirms it', async () => {
  const account = await openAccount(client);
  const { owner, path } = account;
  await client.call(owner.token, 'POST', `${path}/tickets`, { subject: 'Help', message: 'Please.' });
  const isOn = async (): Promise<boolean> => {
    const { body } = await client.call(owner.token, 'GET', '/v1/me');
    return body.mail.find((each: any) => path.endsWith(each.accountId)).emailPreferences.support;
  };
  expect(await isOn()).toBe(true);
  const off = await open(await linkTo(owner.email, 'unsubscribe'));
  await press(off);
  expect(await isOn()).toBe(false);
  const confirmation = await client.until(async () =>
    (await client.mails()).find(
      (mail) => mail.envelope.to.includes(owner.email) && /\/v1\/unsubscribe\//.test(mail.text),
    ),
  );
  const on = await open(/\/v1\/unsubscribe\/[\w.-]+/.exec(confirmation.text)![0]);
  await press(on);
  expect(await isOn()).toBe(true);
});
