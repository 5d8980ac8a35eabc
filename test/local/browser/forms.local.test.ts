import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { startBrowser } from '../../support/local/browser.ts';
import { PortalClient } from '../../support/local/portal-client.ts';
import { acceptByLink, addContact, grant, invitationLink, openAccount, password } from '../people.ts';

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

/** Presses the page's one button; what comes next is its title. */
async function press(page: Page): Promise<string> {
  await Promise.all([page.waitForNavigation(), page.click('button')]);
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
