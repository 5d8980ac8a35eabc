import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { type RunningPortal, startPortal } from '../../../infra/portal/portal.ts';
import { type Answered, PortalClient } from '../../support/local/portal-client.ts';
import { accountantsYear, afterTheYear } from '../money/accountants-year.ts';
import {
  acceptByLink,
  type Account,
  addContact,
  addSubAccount,
  allOf,
  grant,
  type Json,
  openAccount,
  password,
  problemType,
  readContact,
  sorted,
  staffEmail,
  unique,
  withinFiveSeconds,
} from '../people.ts';

const shared = new PortalClient(inject('portal'));

let cloud: RunningPortal;
let client: PortalClient;

beforeAll(async () => {
  cloud = await startPortal({ demo: true });
  client = new PortalClient(cloud.portal);
}, 170_000);

afterAll(() => cloud.close());

const hour = 3_600_000;

/** An instant so long after now, as the real clock has it, in whole seconds. */
const after = (milliseconds: number): string =>
  new Date(Math.floor((Date.now() + milliseconds) / 1000) * 1000).toISOString();

const moveClock = (now: string | null): Promise<void> => client.control('clock', { now });

afterEach(async () => {
  await moveClock(null);
  await client.control('faults', { conflicts: 0, throttles: 0, mailThrottles: 0 });
  // Signed in again, for tokens of another time are of no use.
  client = new PortalClient(cloud.portal);
});

describe('a grant with an end', () => {
  /** The owner's token for the time that it is. */
  const signInAgain = async (account: Account): Promise<void> => {
    account.owner.token = await client.signIn(account.owner.email, password);
  };

  test('counts until then and for nothing after: not listed, not read, not written', async () => {
    const account = await openAccount(client);
    const contact = await addContact(client, account);
    const expiresAt = after(2 * hour);
    const given = await grant(client, account, contact, { permissions: ['tickets'], password, expiresAt });
    expect(given).toMatchObject({ status: 200, body: { subAccount: { status: 'active' } } });
    expect(new Date(given.body.subAccount.expiresAt).getTime()).toBe(Date.parse(expiresAt));

    await moveClock(after(2 * hour - 60_000));
    const token = await client.signIn(contact.email, password);
    const me = await client.call(token, 'GET', '/v1/me');
    expect(me.body.memberships).toHaveLength(1);
    expect(Date.parse(me.body.memberships[0].expiresAt)).toBe(Date.parse(expiresAt));
    expect((await client.call(token, 'GET', `${account.path}/tickets`)).status).toBe(200);

    await moveClock(after(2 * hour + 60_000));
    const write = await client.call(token, 'POST', `${account.path}/tickets`, {
      subject: 'Too late',
      message: 'No.',
    });
    expect([401, 403, 404, 409]).toContain(write.status);
    await client.until(async () => {
      const read = await client.call(token, 'GET', `${account.path}/tickets`);
      return [401, 403, 404].includes(read.status);
    });
    const now = await client.call(token, 'GET', '/v1/me');
    if (now.status !== 401) expect(now.body.memberships).toEqual([]);

    await signInAgain(account);
    expect((await readContact(client, account, contact)).body.subAccount).toMatchObject({
      status: 'expired',
    });
    expect(await allOf(client, account.owner.token, `${account.path}/tickets`)).toEqual([]);
    const access = await client.call(account.owner.token, 'GET', `${contact.path}/effective-access`);
    expect(access.body.areas).toEqual([]);
  });

  test('that has ended is given anew, and works again', async () => {
    const account = await openAccount(client);
    const contact = await addContact(client, account);
    await grant(client, account, contact, { permissions: ['tickets'], password, expiresAt: after(hour) });
    await moveClock(after(3 * hour));
    await signInAgain(account);
    expect((await readContact(client, account, contact)).body.subAccount.status).toBe('expired');
    const again = await grant(client, account, contact, {
      permissions: ['tickets'],
      expiresAt: after(30 * 24 * hour),
    });
    expect(again).toMatchObject({ status: 200, body: { subAccount: { status: 'active' } } });
    const token = await client.signIn(contact.email, password);
    expect((await client.call(token, 'GET', `${account.path}/tickets`)).status).toBe(200);
  });

  test('of a manager gives it no power after that end', async () => {
    const account = await openAccount(client);
    const manager = await addContact(client, account);
    const other = await addContact(client, account);
    const access = { permissions: ['contacts', 'tickets'], password, expiresAt: after(hour) };
    await grant(client, account, manager, access);
    await moveClock(after(hour - 30_000));
    const token = await client.signIn(manager.email, password);
    expect((await client.call(token, 'GET', `${account.path}/contacts`)).status).toBe(200);
    await moveClock(after(hour + 30_000));
    const tries = [
      await client.call(token, 'PUT', `${other.path}/sub-account`, { permissions: ['tickets'] }),
      await client.call(token, 'PATCH', other.path, { name: 'Taken Over' }),
      await client.call(token, 'DELETE', other.path),
    ];
    for (const refused of tries) expect([401, 403, 404, 409]).toContain(refused.status);
    await signInAgain(account);
    expect((await readContact(client, account, other)).body).toMatchObject({
      name: other.name,
      subAccount: null,
    });
  });

  test('in one account leaves the part in another as it is', async () => {
    const ending = await openAccount(client);
    const staying = await openAccount(client);
    const person = await addSubAccount(client, staying, ['tickets']);
    const same = await addContact(client, ending, { email: person.email });
    await grant(client, ending, same, { permissions: ['tickets'], expiresAt: after(hour) });
    const before = await acceptByLink(client, ending, person);
    expect((await client.call(before, 'GET', `${ending.path}/tickets`)).status).toBe(200);
    await moveClock(after(2 * hour));
    const token = await client.signIn(person.email, password);
    const me = await client.call(token, 'GET', '/v1/me');
    expect(me.body.memberships.map((part: Json) => part.accountId)).toEqual([staying.id]);
    expect((await client.call(token, 'GET', `${staying.path}/tickets`)).status).toBe(200);
    expect([403, 404]).toContain((await client.call(token, 'GET', `${ending.path}/tickets`)).status);
  });
});

describe('a token', () => {
  test('that has expired is unauthorized, and a new one is let in', async () => {
    const account = await openAccount(client);
    const { token, email } = account.owner;
    expect((await client.call(token, 'GET', '/v1/me')).status).toBe(200);
    await moveClock(after(25 * hour));
    await withinFiveSeconds(client, 401, () => client.call(token, 'GET', '/v1/me'));
    for (const [method, path] of [
      ['GET', '/v1/me'],
      ['GET', `${account.path}/tickets`],
      ['POST', `${account.path}/tickets`],
    ] as const) {
      const body = method === 'POST' ? { subject: 'Late', message: 'Late.' } : undefined;
      const refused = await client.call(token, method, path, body);
      expect(refused.status, `${method} ${path}`).toBe(401);
      expect(refused.body.type).toContain('/unauthorized');
    }
    const anew = await client.signIn(email, password);
    expect((await client.call(anew, 'GET', '/v1/me')).status).toBe(200);
    expect(await allOf(client, anew, `${account.path}/tickets`)).toEqual([]);
  });

  test('of the pool of another portal is unauthorized, although its people have the same names', async () => {
    for (const email of ['owner@acme.test', staffEmail]) {
      const [mine, theirs] = [await client.token(email), await shared.token(email)];
      expect((await client.call(mine, 'GET', '/v1/me')).status).toBe(200);
      for (const [where, token] of [
        [client, theirs],
        [shared, mine],
      ] as const) {
        const refused = await where.call(token, 'GET', '/v1/me');
        expect(refused).toMatchObject({ status: 401, body: { title: 'Please sign in' } });
      }
    }
  });
});

describe('a login of staff', () => {
  test('is not broken, ended or taken over by an account that records its address', async () => {
    const account = await openAccount(client);
    const contact = await addContact(client, account, { email: staffEmail });
    const refused = await grant(client, account, contact, {
      permissions: ['tickets'],
      password: 'Another-Password-2026',
    });
    const { subAccount } = (await readContact(client, account, contact)).body;
    const tries = [
      await grant(client, account, contact, { permissions: ['tickets'] }),
      await client.call(account.owner.token, 'DELETE', `${contact.path}/sub-account`),
      await client.call(account.owner.token, 'DELETE', contact.path),
    ];
    const { password: known } = client.portal.users.find((user) => user.email === staffEmail)!;
    const token = await client.signIn(staffEmail, known);
    expect((await client.call(token, 'GET', '/v1/me')).body.staff).toEqual({
      roles: ['administrator'],
    });
    expect((await client.call(token, 'GET', '/v1/staff/accounts')).status).toBe(200);
    await expect(client.signIn(staffEmail, 'Another-Password-2026')).rejects.toThrow();
    expect(refused.status, 'a password for a login that is not new').toBe(409);
    expect(subAccount, 'after a refusal').toBeNull();
    for (const answer of tries) expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(500);
  });
});

describe('an Idempotency-Key', () => {
  test('is kept for a day and not longer', async () => {
    const account = await openAccount(client);
    const key = { 'idempotency-key': unique('key') };
    const open = async (): Promise<Answered> => {
      const token = await client.signIn(account.owner.email, password);
      const body = { subject: 'Once a day', message: 'Hello.' };
      return client.call(token, 'POST', `${account.path}/tickets`, body, key);
    };
    const first = await open();
    expect(first.status).toBe(201);
    await moveClock(after(23 * hour));
    expect((await open()).body.id).toBe(first.body.id);
    await moveClock(after(25 * hour));
    const next = await open();
    expect(next.status).toBe(201);
    expect(next.body.id).not.toBe(first.body.id);
  });
});

describe('the controls', () => {
  test('take what they know and nothing else, and change nothing when they refuse', async () => {
    const control = (name: string, body: string): Promise<Response> =>
      fetch(`${client.portal.lambdaUrl}/controls/${name}`, { method: 'PUT', body });
    const refused: [string, string][] = [
      ['clock', '{}'],
      ['clock', '{"now":"yesterday"}'],
      ['clock', '{"now":"2026-02-30T00:00:00Z"}'],
      ['clock', '{"now":5}'],
      ['clock', '{'],
      ['clock', 'null'],
      ['clock', ''],
      ['registrar', '{"mode":"moody"}'],
      ['registrar', '{}'],
      ['faults', '{"conflicts":2}'],
      ['faults', '{"conflicts":-0.1}'],
      ['faults', '{"throttles":"0.1"}'],
      ['faults', '{"conflicts":0.1,"throttles":null}'],
      ['faults', '{"mailThrottle":0.1}'],
      ['faults', '[]'],
    ];
    const accepted: string[] = [];
    for (const [name, body] of refused)
      if ((await control(name, body)).status !== 400) accepted.push(`${name} ${body}`);
    await moveClock(null);
    expect(accepted).toEqual([]);
    expect((await control('weather', '{}')).status).toBe(404);
    for (const mode of ['slow', 'fail', 'timeout', 'lie', 'ok'])
      expect((await control('registrar', JSON.stringify({ mode }))).status, mode).toBe(200);
  });

  test('move the clock of everything: of what is written, mailed and signed', async () => {
    const now = after(48 * hour);
    await moveClock(now);
    const account = await openAccount(client);
    const opened = await client.call(account.owner.token, 'POST', `${account.path}/tickets`, {
      subject: unique('In two days'),
      message: 'Hello.',
    });
    const [mail] = await client.mailsWith(opened.body.subject);
    const claims = JSON.parse(Buffer.from(account.owner.token.split('.')[1]!, 'base64url').toString());
    for (const instant of [opened.body.createdAt, mail!.sentAt, claims.iat * 1000])
      expect(new Date(instant).getTime()).toBeGreaterThanOrEqual(Date.parse(now));
  });
});

describe('faults of the services underneath', () => {
  test('lose nothing and make nothing twice: what is tried until it is answered is there once', async () => {
    const account = await openAccount(client);
    const contact = await addContact(client, account);
    await client.control('faults', { conflicts: 0.2, throttles: 0.2, mailThrottles: 0.3 });
    const subjects = Array.from({ length: 12 }, () => unique('Through the storm'));
    const insist = (path: string, body: unknown): Promise<Answered> => {
      const key = { 'idempotency-key': unique('key') };
      return client.until(async () => {
        const answer = await client.call(account.owner.token, 'POST', path, body, key);
        if (answer.status === 201) return answer;
        expect([409, 429, 500, 502, 503, 504], JSON.stringify(answer.body)).toContain(answer.status);
        return null;
      });
    };
    const opened = await Promise.all(
      subjects.map((subject) => insist(`${account.path}/tickets`, { subject, message: 'Hello.' })),
    );
    const mailed = unique('By mail');
    await client.sendMail({ from: contact.email, subject: mailed, text: 'Hello.' });
    for (const subject of [...subjects, mailed]) await client.mailsWith(subject);
    await client.control('faults', { conflicts: 0, throttles: 0, mailThrottles: 0 });

    const tickets = await allOf(client, account.owner.token, `${account.path}/tickets`);
    expect(sorted(tickets.map((ticket) => ticket.subject))).toEqual(sorted([...subjects, mailed]));
    expect(new Set(opened.map((ticket) => ticket.body.id)).size).toBe(subjects.length);
    for (const subject of [...subjects, mailed]) expect(await client.mailsWith(subject)).toHaveLength(1);
    const log = await allOf(client, account.owner.token, `${account.path}/activity`);
    const openings = log.filter((entry) => entry.subject.kind === 'ticket');
    expect(openings).toHaveLength(subjects.length + 1);
  });

  test('are answered as a problem that says nothing of what is inside', async () => {
    const account = await openAccount(client);
    await client.control('faults', { throttles: 1 });
    const refused = await client.call(account.owner.token, 'POST', `${account.path}/contacts`, {
      name: 'Cora',
      email: 'cora@people.test',
    });
    await client.control('faults', { throttles: 0 });
    expect(refused.status).toBeGreaterThanOrEqual(500);
    expect(JSON.stringify(refused.body)).not.toMatch(/dynamo|table|throughput|node_modules|\bat /i);
    if (refused.headers.get('content-type')!.includes('problem'))
      expect(refused.body.type).toMatch(problemType(''));
    // The gateway keeps what the authoriser said of the token before.
    const anew = await client.signIn(account.owner.email, password);
    expect(await allOf(client, anew, `${account.path}/contacts`)).toEqual([]);
  });
});

describe('an accountant’s year', () => {
  test('of sales at home and abroad, part payments, a note, a refund and a payment for three invoices adds up to the cent', async () => {
    await accountantsYear(client, moveClock);
  });
  afterAll(() => afterTheYear(client));
});
