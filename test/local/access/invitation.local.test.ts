import {
  CognitoIdentityProviderClient,
  ConfirmForgotPasswordCommand,
  ForgotPasswordCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { expect, inject, test } from 'vitest';
import { type Mailed, PortalClient } from '../../support/local/portal-client.ts';
import {
  acceptByLink,
  activityOf,
  addContact,
  addSubAccount,
  grant,
  invitationLink,
  type Json,
  nobody,
  openAccount,
  password,
  readContact,
  unique,
  withinFiveSeconds,
} from '../people.ts';

const client = new PortalClient(inject('portal'));

const cognito = new CognitoIdentityProviderClient({
  region: 'eu-west-1',
  endpoint: client.portal.cognitoUrl,
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
});

const mailsTo = async (address: string): Promise<Mailed[]> =>
  (await client.mails()).filter((mail) => mail.envelope.to.includes(address));

/** The code of the last mail that has one for this address. */
const codeFor = (address: string): Promise<string> =>
  client.until(async () => {
    const codes = (await mailsTo(address)).flatMap((mail) => /\b\d{6}\b/.exec(mail.text)?.[0] ?? []);
    return codes.at(-1);
  });

test('activating without a password mails an invitation, and the person accepts it with a password of its own', async () => {
  const account = await openAccount(client);
  const contact = await addContact(client, account);
  const invited = await grant(client, account, contact, { permissions: ['tickets'] });
  expect(invited).toMatchObject({
    status: 200,
    body: { subAccount: { status: 'invited', permissions: ['tickets'] } },
  });
  const [invitation] = await client.until(async () => {
    const mails = await mailsTo(contact.email);
    return mails.length > 0 && mails;
  });
  expect(invitation!.to).toEqual([contact.email]);
  expect(invitation!.subject).toBe('An invitation to the client portal');
  expect(invitation!.text).toContain(account.name);
  expect(invitation!.text).not.toContain('set-password');
  await expect(client.signIn(contact.email, password)).rejects.toThrow();

  const link = await invitationLink(client, account, contact.email);
  const offered = await client.call(nobody, 'GET', link);
  expect(offered).toMatchObject({
    status: 200,
    body: { accountName: account.name, email: contact.email, role: 'sub-account', passwordRequired: true },
  });
  const refused = await client.call(nobody, 'POST', link, { name: 'Ines' });
  expect(refused).toMatchObject({ status: 400, body: { errors: [{ path: 'password' }] } });
  expect((await readContact(client, account, contact)).body.subAccount.status).toBe('invited');

  const accepted = await client.call(nobody, 'POST', link, { name: 'Ines', password });
  expect(accepted).toMatchObject({ status: 200, body: { email: contact.email } });
  expect((await client.call(nobody, 'POST', link, { name: 'Eve', password })).status).toBe(409);
  expect((await readContact(client, account, contact)).body.subAccount.status).toBe('active');
  const token = await client.signIn(contact.email, password);
  expect((await client.call(token, 'GET', `${account.path}/tickets`)).status).toBe(200);
  expect((await client.call(token, 'GET', '/v1/me')).body.user).toMatchObject({ name: 'Ines', proven: true });
});

test('a link that was changed, or that nobody signed, opens nothing', async () => {
  const account = await openAccount(client);
  const contact = await addContact(client, account);
  await grant(client, account, contact, { permissions: ['tickets'] });
  const link = await invitationLink(client, account, contact.email);
  for (const path of [`${link.slice(0, -1)}_`, link.split('.')[0]!, '/v1/invitation/x.y']) {
    expect((await client.call(nobody, 'GET', path)).status, path).toBe(404);
    expect((await client.call(nobody, 'POST', path, { name: 'Eve', password })).status, path).toBe(404);
  }
  await expect(client.signIn(contact.email, password)).rejects.toThrow();
});

test('a password set by “forgot password” proves the login and accepts nothing: the membership waits', async () => {
  const account = await openAccount(client);
  const contact = await addContact(client, account);
  await grant(client, account, contact, { permissions: ['tickets'] });
  await invitationLink(client, account, contact.email);
  const { userPoolClientId: ClientId } = client.portal;
  await cognito.send(new ForgotPasswordCommand({ ClientId, Username: contact.email }));
  const code = await codeFor(contact.email);
  await cognito.send(
    new ConfirmForgotPasswordCommand({
      ClientId,
      Username: contact.email,
      ConfirmationCode: code,
      Password: password,
    }),
  );
  const early = await client.signIn(contact.email, password);
  expect((await client.call(early, 'GET', `${account.path}/tickets`)).status).toBe(404);
  expect((await readContact(client, account, contact)).body.subAccount.status).toBe('invited');

  expect((await client.call(early, 'GET', '/v1/me')).body.user).toMatchObject({ proven: true });
  const token = await acceptByLink(client, account, contact);
  expect((await client.call(token, 'GET', `${account.path}/tickets`)).status).toBe(200);
  await withinFiveSeconds(client, 200, () => client.call(early, 'GET', `${account.path}/tickets`));
});

test('a wrong code sets no password', async () => {
  const account = await openAccount(client);
  const person = await addSubAccount(client, account, ['tickets']);
  const { userPoolClientId: ClientId } = client.portal;
  await cognito.send(new ForgotPasswordCommand({ ClientId, Username: person.email }));
  const code = await codeFor(person.email);
  const wrong = new ConfirmForgotPasswordCommand({
    ClientId,
    Username: person.email,
    ConfirmationCode: code === '000000' ? '111111' : '000000',
    Password: 'Another-Password-2026',
  });
  await expect(cognito.send(wrong)).rejects.toThrow();
  await expect(client.signIn(person.email, 'Another-Password-2026')).rejects.toThrow();
  await client.signIn(person.email, password);
});

test('a person who has a login is asked by mail to accept the access that another account gives', async () => {
  const first = await openAccount(client);
  const second = await openAccount(client, unique('Second'));
  const person = await addSubAccount(client, first, ['tickets']);
  const contact = await addContact(client, second, { email: person.email });
  expect((await grant(client, second, contact, { permissions: ['invoices'] })).status).toBe(200);
  await client.until(async () =>
    (await mailsTo(person.email)).some((mail) => `${mail.subject} ${mail.text}`.includes(second.name)),
  );
  const memberships = async (token: string) =>
    (await client.call(token, 'GET', '/v1/me')).body.memberships.map((part: Json) => [
      part.accountId,
      part.status,
      part.permissions,
    ]);
  const before = await client.signIn(person.email, password);
  // What waits is shown to whoever proved the address, and changes nothing before.
  expect(await memberships(before)).toEqual([[first.id, 'active', ['tickets']]]);
  expect((await client.call(before, 'GET', `${second.path}/invoices`)).status).toBe(404);
  const inPortal = await client.call(before, 'POST', `/v1/me/memberships/${second.id}/accept`);
  expect(inPortal.status, 'its address is not proven').toBe(409);

  const token = await acceptByLink(client, second, person);
  expect(await memberships(token)).toEqual([
    [first.id, 'active', ['tickets']],
    [second.id, 'active', ['invoices']],
  ]);
  expect((await client.call(token, 'GET', `${second.path}/invoices`)).status).toBe(200);
});

test('one who has proven the address accepts in the portal or by the link, without another password', async () => {
  const [first, second, third] = await Promise.all([
    openAccount(client, unique('First')),
    openAccount(client, unique('Second')),
    openAccount(client, unique('Third')),
  ]);
  const person = await addContact(client, first);
  await grant(client, first, person, { permissions: ['tickets'] });
  const token = await acceptByLink(client, first, person);
  for (const account of [second, third]) {
    const contact = await addContact(client, account, { email: person.email });
    const given = await grant(client, account, contact, { permissions: ['tickets'] });
    expect(given).toMatchObject({ status: 200, body: { subAccount: { status: 'invited' } } });
    await invitationLink(client, account, person.email);
    expect((await client.call(token, 'GET', `${account.path}/tickets`)).status).toBe(404);
  }
  expect((await mailsTo(person.email)).slice(1).map((mail) => mail.subject)).toEqual([
    'Access to one more account in the client portal',
    'Access to one more account in the client portal',
  ]);

  const accept = `/v1/me/memberships/${second.id}/accept`;
  expect((await client.call(token, 'POST', accept)).status).toBe(204);
  expect((await client.call(token, 'POST', accept)).status, 'nothing waits any more').toBe(404);

  const link = await invitationLink(client, third, person.email);
  const another = { name: 'Eve', password: 'Another-Password-2026' };
  expect((await client.call(nobody, 'POST', link, another)).status).toBe(400);
  expect((await client.call(nobody, 'POST', link, {})).status).toBe(200);
  for (const { path } of [first, second, third])
    await client.until(async () => (await client.call(token, 'GET', `${path}/tickets`)).status === 200);
  await expect(client.signIn(person.email, another.password)).rejects.toThrow();
  await client.signIn(person.email, password);
});

test('a password for a login that exists is refused, and nothing is written', async () => {
  const first = await openAccount(client);
  const second = await openAccount(client, unique('Second'));
  const person = await addSubAccount(client, first, ['tickets']);
  const contact = await addContact(client, second, { email: person.email });
  const before = await readContact(client, second, contact);
  const refused = await grant(client, second, contact, {
    permissions: ['invoices'],
    password: 'Another-Password-2026',
  });
  expect(refused.status).toBe(409);
  expect(refused.headers.get('content-type')).toMatch(/^application\/problem\+json/);

  const after = await readContact(client, second, contact);
  expect(after.body).toEqual(before.body);
  expect(after.headers.get('etag')).toBe(before.headers.get('etag'));
  expect((await activityOf(client, second)).map((entry) => entry.action)).not.toContain(
    'sub-account.activated',
  );
  await expect(client.signIn(person.email, 'Another-Password-2026')).rejects.toThrow();
  const token = await client.signIn(person.email, password);
  expect((await client.call(token, 'GET', '/v1/me')).body.memberships).toHaveLength(1);
  expect((await client.call(token, 'GET', `${second.path}/invoices`)).status).toBe(404);
  const told = (await mailsTo(person.email)).filter((mail) => mail.text.includes(second.name));
  expect(told).toEqual([]);
});

test('a password for one who is a sub-account already, or the owner elsewhere, is refused too', async () => {
  const account = await openAccount(client);
  const other = await openAccount(client);
  const person = await addSubAccount(client, account, ['tickets']);
  const elsewhere = await addContact(client, account, { email: other.owner.email });
  const wanted = { permissions: ['tickets', 'invoices'], password: 'Another-Password-2026' };
  for (const contact of [person, elsewhere]) {
    const before = await readContact(client, account, contact);
    expect((await grant(client, account, contact, wanted)).status).toBe(409);
    expect((await readContact(client, account, contact)).body).toEqual(before.body);
    await expect(client.signIn(contact.email, 'Another-Password-2026')).rejects.toThrow();
    await client.signIn(contact.email, password);
  }
});

test('a password that the provider’s rules refuse is a bad request, and nothing is written', async () => {
  const account = await openAccount(client);
  const contact = await addContact(client, account);
  const refused = await grant(client, account, contact, { permissions: ['tickets'], password: 'short' });
  expect(refused.status).toBe(400);
  expect(refused.body.errors.map((error: Json) => error.path)).toEqual(['password']);
  expect((await readContact(client, account, contact)).body.subAccount).toBeNull();
  await expect(client.signIn(contact.email, 'short')).rejects.toThrow();
  expect((await grant(client, account, contact, { permissions: ['tickets'], password })).status).toBe(200);
  await client.signIn(contact.email, password);
});

test('a password for one who was invited, or whose login was ended, is refused: the login is not new', async () => {
  const account = await openAccount(client);
  const other = await openAccount(client);
  const invited = await addContact(client, account);
  await grant(client, account, invited, { permissions: ['tickets'] });
  const ended = await addSubAccount(client, account, ['tickets']);
  await client.call(account.owner.token, 'DELETE', `${ended.path}/sub-account`);
  const elsewhere = await addContact(client, other, { email: invited.email.toUpperCase() });
  const wanted = { permissions: ['tickets'], password: 'Another-Password-2026' };
  for (const [who, contact] of [
    [account, invited],
    [account, ended],
    [other, elsewhere],
  ] as const) {
    const before = await readContact(client, who, contact);
    expect((await grant(client, who, contact, wanted)).status).toBe(409);
    expect((await readContact(client, who, contact)).body).toEqual(before.body);
    await expect(client.signIn(contact.email, 'Another-Password-2026')).rejects.toThrow();
  }
  await expect(client.signIn(ended.email, password)).rejects.toThrow();
});

test('an address written in another case is the same person: one login, told and not made anew', async () => {
  const first = await openAccount(client);
  const second = await openAccount(client);
  const person = await addSubAccount(client, first, ['tickets']);
  const contact = await addContact(client, second, { email: person.email.toUpperCase() });
  expect((await grant(client, second, contact, { permissions: ['tickets'], password })).status).toBe(409);
  expect((await grant(client, second, contact, { permissions: ['invoices'] })).status).toBe(200);
  const token = await acceptByLink(client, second, person);
  expect((await client.call(token, 'GET', '/v1/me')).body.memberships).toHaveLength(2);
});
