import { expect, inject, test } from 'vitest';
import { PortalClient } from '../../support/local/portal-client.ts';
import { type Json, sorted } from '../people.ts';

const client = new PortalClient(inject('portal'));
const { portal } = client;

const invoke = (name: string, body: string): Promise<Response> =>
  fetch(`${portal.lambdaUrl}/2015-03-31/functions/${name}/invocations`, { method: 'POST', body });

test('where everything is, is on this machine alone', () => {
  expect(portal).toMatchObject({
    docsUrl: `${portal.apiUrl}/docs`,
    openapiUrl: `${portal.apiUrl}/openapi.json`,
    userPoolId: expect.stringMatching(/^[a-z]+-[a-z]+-\d_\w+$/),
    userPoolClientId: expect.stringMatching(/./),
    smtp: { host: '127.0.0.1', port: expect.any(Number) },
    supportAddress: 'support@portal.test',
  });
  for (const url of [portal.apiUrl, portal.lambdaUrl, portal.cognitoUrl, portal.mailboxUrl]) {
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+/);
    expect(url).not.toMatch(/\/$/);
  }
  const ports = [portal.apiUrl, portal.lambdaUrl, portal.cognitoUrl, portal.mailboxUrl].map((url) =>
    Number(new URL(url).port),
  );
  expect(new Set([...ports, portal.smtp.port]).size).toBe(5);
});

test('the demonstration has its logins, and each of them signs in to its account', async () => {
  const logins = portal.users.map(({ role, email, accountId }) => [role, email, accountId]);
  expect(logins).toEqual(
    expect.arrayContaining([
      ['owner', 'owner@acme.test', 'acct_acme'],
      ['owner', 'owner@north.test', 'acct_north'],
      ['owner', 'owner@west.test', 'acct_west'],
      ['owner', 'owner@globex.test', 'acct_globex'],
      ['sub-account', 'billing@acme.test', 'acct_acme'],
      ['sub-account', 'dev@acme.test', 'acct_acme'],
      ['sub-account', 'dev@acme.test', 'acct_globex'],
      ['sub-account', 'support2@acme.test', 'acct_acme'],
      ['sub-account', 'manager@acme.test', 'acct_acme'],
    ]),
  );
  for (const { role, email, accountId } of portal.users) {
    const me = await client.call(await client.token(email), 'GET', '/v1/me');
    expect(me).toMatchObject({ status: 200, body: { user: { email } } });
    expect(Boolean(me.body.staff)).toBe(role === 'staff');
    if (accountId) expect(me.body.memberships).toContainEqual(expect.objectContaining({ accountId, role }));
  }
});

test('the people of the demonstration hold what is said of them', async () => {
  const owner = await client.token('owner@acme.test');
  const { items } = (await client.call(owner, 'GET', '/v1/accounts/acct_acme/contacts?limit=100')).body;
  const said: [string, string[] | null, string[]][] = [
    ['billing@acme.test', ['invoices', 'orders'], ['invoice']],
    ['dev@acme.test', ['products', 'tickets'], ['support']],
    ['support2@acme.test', ['tickets'], ['support']],
    ['manager@acme.test', ['contacts', 'tickets'], []],
    ['books@acme.test', null, ['invoice']],
  ];
  for (const [email, permissions, mail] of said) {
    const contact = items.find((item: Json) => item.email === email);
    expect(contact, email).toBeDefined();
    expect(contact.subAccount && sorted(contact.subAccount.permissions), email).toEqual(permissions);
    const on = Object.keys(contact.emailPreferences).filter((kind) => contact.emailPreferences[kind]);
    expect(on, email).toEqual(mail);
  }
  const me = await client.call(await client.token('dev@acme.test'), 'GET', '/v1/me');
  expect(me.body.memberships.map((part: Json) => [part.accountId, sorted(part.permissions)])).toEqual([
    ['acct_acme', ['products', 'tickets']],
    ['acct_globex', ['tickets']],
  ]);
  expect((await client.call(owner, 'GET', '/v1/accounts/acct_acme')).body).toMatchObject({
    name: 'Acme Ltd',
  });
  const tickets = await client.call(owner, 'GET', '/v1/accounts/acct_acme/tickets?limit=100');
  expect(tickets.body.items.length).toBeGreaterThanOrEqual(3);
});

test('the mailbox is a page for people and a list for programs', async () => {
  const page = await fetch(portal.mailboxUrl);
  expect(page.status).toBe(200);
  expect(page.headers.get('content-type')).toMatch(/^text\/html/);
  expect(await page.text()).not.toMatch(/(?:src|href)=["']?(?:https?:)?\/\/(?!127\.0\.0\.1)/);
  const messages = await fetch(`${portal.mailboxUrl}/messages`);
  expect(messages.headers.get('content-type')).toMatch(/^application\/json/);
  const mails = (await messages.json()) as Json[];
  const sentAt = mails.map((mail) => mail.sentAt);
  expect(sentAt).toEqual(sorted(sentAt));
  for (const mail of mails)
    expect(mail).toMatchObject({
      from: expect.any(String),
      to: expect.any(Array),
      cc: expect.any(Array),
      envelope: { from: expect.any(String), to: expect.any(Array) },
      subject: expect.any(String),
      messageId: expect.stringMatching(/^<.+>$/),
      text: expect.any(String),
      raw: expect.any(String),
    });
});

test('a function is run as Invoke runs it, and says so where it failed', async () => {
  const ran = await invoke('outbox', JSON.stringify({ Records: [] }));
  expect(ran.status).toBe(200);
  expect(ran.headers.get('x-amz-function-error')).toBeNull();
  await ran.json();
  const failed = await invoke('renewals', '{"time":"never"}');
  expect(failed.status).toBe(200);
  expect(failed.headers.get('x-amz-function-error')).toBe('Unhandled');
  expect(await failed.json()).toMatchObject({ errorMessage: expect.any(String) });
  expect((await invoke('inbound-mail', JSON.stringify({ Records: [] }))).status).toBe(200);
});

test('a function that is not there is not found, and an event that is no JSON is refused', async () => {
  expect((await invoke('no-such-function', '{}')).status).toBe(404);
  expect((await invoke('outbox', '{')).status).toBe(400);
});

test('the controls are put and not posted, so that no page of another site reaches them by a form', async () => {
  for (const method of ['GET', 'POST', 'DELETE']) {
    const body = method === 'GET' ? undefined : '{"now":null}';
    const answer = await fetch(`${portal.lambdaUrl}/controls/clock`, { method, body });
    expect([404, 405], method).toContain(answer.status);
  }
});
