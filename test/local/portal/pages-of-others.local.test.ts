import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type RunningPortal, startPortal } from '../../../infra/portal/portal.ts';
import { type Raw, send } from '../../infra/local/http/raw.ts';
import { PortalClient } from '../../support/local/portal-client.ts';
import { type Account, openAccount } from '../people.ts';

const frontend = 'http://localhost:5173';

let running: RunningPortal;
let client: PortalClient;
let account: Account;
/** Every address that portal.json names, and that of the files. */
let addresses: string[];

beforeAll(async () => {
  running = await startPortal({ demo: true, origins: [frontend] });
  client = new PortalClient(running.portal);
  account = await openAccount(client);
  const named = Object.values(running.portal).filter(
    (value): value is string => typeof value === 'string' && value.startsWith('http://'),
  );
  addresses = [...named, (await announced()).url];
}, 170_000);
afterAll(() => running.close());

const type = { 'content-type': 'text/plain' };

/** An upload of five bytes of text as the portal announces it. */
async function announced(): Promise<{ id: string; url: string; headers: Record<string, string> }> {
  const file = { fileName: 'notes.txt', contentType: 'text/plain', size: 5 };
  const answer = await client.call(account.owner.token, 'POST', `${account.path}/attachments`, file);
  expect(answer.status).toBe(201);
  return { id: answer.body.id, ...answer.body.upload };
}

describe('every address of the portal', () => {
  test('refuses a Host of somebody else', async () => {
    expect(addresses.length).toBeGreaterThan(6);
    for (const url of addresses) {
      const { port } = new URL(url);
      for (const host of ['evil.test', `evil.test:${port}`, `localhost:${Number(port) - 1}`])
        expect([url, host, (await send(url, { headers: { host } })).status]).toEqual([url, host, 403]);
    }
  });

  test('refuses the Origin of somebody else, and null', async () => {
    for (const url of addresses) {
      for (const origin of ['https://evil.test', 'http://localhost:1', 'null'])
        expect([url, origin, (await send(url, { headers: { origin } })).status]).toEqual([url, origin, 403]);
    }
  });

  test('answers to localhost, and to the pages of the portal itself', async () => {
    const { apiUrl, docsUrl, lambdaUrl, mailboxUrl } = running.portal;
    for (const url of [docsUrl, mailboxUrl, `${lambdaUrl}/controls`]) {
      const { host } = new URL(url);
      const headers = { host: host.replace('127.0.0.1', 'localhost'), origin: apiUrl };
      expect([url, (await send(url, { headers })).status]).toEqual([url, 200]);
    }
  });

  test('sets no control for a page of somebody else', async () => {
    const url = `${running.portal.lambdaUrl}/controls/clock`;
    const body = '{"now":"2030-01-01T00:00:00Z"}';
    for (const headers of [{ origin: 'https://evil.test' }, { origin: 'null' }, { host: 'evil.test' }])
      expect((await send(url, { method: 'PUT', headers: headers as never, body })).status).toBe(403);
    const { now } = (await (await fetch(`${running.portal.lambdaUrl}/controls`)).json()) as { now: string };
    expect(Math.abs(Date.parse(now) - Date.now())).toBeLessThan(60_000);
  });
});

describe('a frontend at an origin that was given', () => {
  const preflight = (url: string, method: string, asked: string): Promise<Raw> =>
    send(url, {
      method: 'OPTIONS',
      headers: {
        origin: frontend,
        'access-control-request-method': method,
        'access-control-request-headers': asked,
      },
    });

  test('calls the API, signs in and reads what they say', async () => {
    const { apiUrl, cognitoUrl } = running.portal;
    for (const [url, asked] of [
      [`${apiUrl}/v1/me`, 'authorization,if-match'],
      [cognitoUrl, 'content-type,x-amz-target'],
    ] as const) {
      const told = await preflight(url, 'POST', asked);
      expect([told.status, told.headers['access-control-allow-origin']]).toEqual([204, frontend]);
      const allowed = told.headers['access-control-allow-headers']!.split(', ');
      expect(allowed).toEqual(expect.arrayContaining(asked.split(',')));
    }
    const headers = { authorization: `Bearer ${account.owner.token}`, origin: frontend };
    const me = await send(`${apiUrl}/v1/me`, { headers });
    expect([me.status, me.headers['access-control-allow-origin']]).toEqual([200, frontend]);
    expect(me.headers['access-control-expose-headers']).toContain('etag');
    const refused = await send(`${apiUrl}/v1/me`, { headers: { origin: frontend } });
    expect([refused.status, refused.headers['access-control-allow-origin']]).toEqual([401, frontend]);
  });

  test('puts a file where it was told', async () => {
    const { url, headers } = await announced();
    const told = await preflight(url, 'PUT', 'content-type');
    expect([told.status, told.headers['access-control-allow-origin']]).toEqual([204, frontend]);
    const sent = { ...headers, origin: frontend };
    const put = await send(url, { method: 'PUT', headers: sent, body: 'Hello' });
    expect([put.status, put.headers['access-control-allow-origin']]).toEqual([200, frontend]);
  });
});

describe('a link to a file', () => {
  beforeEach(() => client.control('clock', { now: null }));

  const attached = async (id: string): Promise<number> => {
    const body = { subject: 'With a file', message: 'See it.', attachmentIds: [id] };
    return (await client.call(account.owner.token, 'POST', `${account.path}/tickets`, body)).status;
  };

  test('takes what it was given for, and nothing else', async () => {
    const { id, url, headers } = await announced();
    const put = (to: string, sent: Record<string, string>, body = 'Hello') =>
      send(to, { method: 'PUT', headers: sent, body });
    const refused = [
      await put(url, { ...headers, 'content-type': 'text/html' }),
      await put(url, { ...type, 'content-length': '6' }, 'Hello!'),
      await put(url.replace(id, 'another'), headers),
      await put(url.replace('X-Amz-Expires=300', 'X-Amz-Expires=86400'), headers),
      await put(url.replace(/\?.*/, ''), headers),
      await send(url),
    ];
    for (const answer of refused) {
      expect(answer.status).toBe(403);
      expect(answer.text).toMatch(/<Code>(SignatureDoesNotMatch|AccessDenied)<\/Code>/);
    }
    expect(await attached(id)).not.toBe(201);
    expect((await put(url, headers)).status).toBe(200);
    expect(await attached(id)).toBe(201);
  });

  test('ends after five minutes of the portal’s time, wherever its clock is', async () => {
    const { url, headers } = await announced();
    const start = Date.now();
    const moveTo = (ms: number) => client.control('clock', { now: new Date(start + ms).toISOString() });
    await moveTo(6 * 60_000);
    const late = await send(url, { method: 'PUT', headers, body: 'Hello' });
    expect(late.status).toBe(403);
    expect(late.text).toContain('<Message>Request has expired</Message>');
    await moveTo(20 * 60_000);
    const fresh = await announced();
    const put = await send(fresh.url, { method: 'PUT', headers: fresh.headers, body: 'Hello' });
    expect(put.status).toBe(200);
    expect(await attached(fresh.id)).toBe(201);
  });
});
