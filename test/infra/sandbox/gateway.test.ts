import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { verify } from '../../../shared/payments/gateways/sandbox-signature.ts';
import { Controls } from '../../../infra/local/controls.ts';
import { type LocalServer, readBody, startServer } from '../../../infra/local/http/server.ts';
import { startSandboxGateway } from '../../../infra/sandbox/gateway.ts';
import type { SandboxCharge } from '../../../infra/sandbox/ledger.ts';

interface Received {
  body: string;
  signature: string;
  event: { id: string; type: string; createdAt: string; data: Record<string, unknown> };
}

const controls = new Controls();
const webhookSecret = () => upcoming.shift() ?? 'secret';
const options = { controls, webhookSecret, webhookUrl: () => webhookUrl };
const returnUrl = 'http://portal.test:5173/invoices?paid=1';
/** The secrets of the next events; one that never changes after that. */
let upcoming: string[] = [];
let webhookUrl: string | undefined;
/** What the portal answers to the next events; 200 after that. */
let answers: number[];
let received: Received[];
let portal: LocalServer;
let gateway: Awaited<ReturnType<typeof startSandboxGateway>>;
let serial = 0;

beforeAll(async () => {
  portal = await startServer((request, response) => {
    const receive = async (): Promise<void> => {
      const body = String(await readBody(request, 10_000));
      const signature = String(request.headers['sandbox-signature']);
      received.push({ body, signature, event: JSON.parse(body) as Received['event'] });
      response.writeHead(answers.shift() ?? 200).end('thanks');
    };
    void receive();
  });
  gateway = await startSandboxGateway(options);
});
afterAll(async () => {
  await gateway.close();
  await portal.close();
});
beforeEach(() => {
  webhookUrl = `${portal.url}/webhooks/sandbox`;
  answers = [];
  received = [];
});
afterEach(async () => {
  controls.setNow(null);
  await setControls({ delayMs: 0, copies: 1, reorder: false, fee: 0, disputeFee: 0 });
});

type Told = SandboxCharge & { url: string };

async function call(method: string, path: string, body?: unknown): Promise<{ status: number; body: any }> {
  const given = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
  const response = await fetch(gateway.url + path, { method, ...given });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
}
async function setControls(change: object): Promise<void> {
  expect((await call('PUT', '/controls', change)).status).toBe(200);
}
const invoice = { accountId: 'a1', amount: 12050, currency: 'GBP', description: 'Invoice 1001', returnUrl };
function draft(change: object = {}): Record<string, unknown> {
  serial += 1;
  return { key: `key-${serial}`, ...invoice, ...change };
}
async function begun(change: object = {}): Promise<Told> {
  const { status, body } = await call('POST', '/charges', draft(change));
  expect(status).toBe(200);
  return body as Told;
}
const byGateway = ['dispute', 'refund', 'reverse'];
async function post(charge: Told, action: string): Promise<{ status: number; to: string | null }> {
  const body = new URLSearchParams();
  const response = await fetch(`${charge.url}/${action}`, { method: 'POST', body, redirect: 'manual' });
  await response.text();
  return { status: response.status, to: response.headers.get('location') };
}
const page = async (charge: Told): Promise<string> => (await fetch(charge.url)).text();
const formsOf = (html: string): (string | undefined)[] =>
  [...html.matchAll(/<form name="(\w+)" method="post"/g)].map(([, name]) => name);
const statusOf = async ({ key }: Told): Promise<string> =>
  ((await call('GET', `/charges?key=${key}`)).body as Told).status;
const arrived = (count: number): Promise<void> =>
  vi.waitFor(() => expect(received).toHaveLength(count), { interval: 5, timeout: 5000 });
/** Declines one more charge: its event is the last one, and nothing more than the given ones came before it. */
async function nothingMoreThan(count: number): Promise<void> {
  const charge = await begun();
  expect(await post(charge, 'decline')).toEqual(back);
  await arrived(count + 1);
  expect(received.at(-1)?.event).toMatchObject({ type: 'charge.declined', data: { charge: charge.id } });
}
const back = { status: 303, to: expect.stringMatching(/^\/pay\//) };

describe('charges', () => {
  test('begin once for a key', async () => {
    const asked = draft({ key: 'once' });
    const [first, ...others] = await Promise.all(
      Array.from({ length: 5 }, () => call('POST', '/charges', asked)),
    );
    const { body } = first!;
    expect(body).toMatchObject({ ...asked, status: 'created', fee: 0 });
    expect(body.url).toBe(`${gateway.url}/pay/${body.id}`);
    expect(others).toEqual(others.map(() => ({ status: 200, body })));
    expect(await call('GET', '/charges?key=once')).toEqual({ status: 200, body });
    expect(gateway.ledger().charges.filter(({ key }) => key === 'once')).toHaveLength(1);

    for (const change of [{ amount: 12051 }, { currency: 'EUR' }, { accountId: 'a2' }]) {
      const refused = await call('POST', '/charges', { ...asked, ...change });
      expect(refused).toMatchObject({ status: 409, body: { error: 'key-reused' } });
    }
    expect(await call('GET', '/charges?key=once')).toEqual({ status: 200, body });
  });

  test.each<[string, unknown[]]>([
    ['amount', [0, 0.5, -1, '12', 1e13]],
    ['currency', ['ABC', 'gbp', null]],
    ['key', ['', 'k'.repeat(201)]],
    ['description', ['d'.repeat(201), undefined]],
    ['returnUrl', ['javascript:alert(1)', '/invoices']],
  ])('are refused for a wrong %s', async (name, values) => {
    for (const body of ['{', '', [], ...values.map((value) => draft({ [name]: value }))]) {
      const refused = await call('POST', '/charges', body);
      expect(refused).toMatchObject({ status: 400, body: { error: 'invalid' } });
    }
    // Characters are counted, not code units.
    await begun({ description: '💷'.repeat(200) });
  });

  test('expire unless they are decided', async () => {
    const expire = async ({ id }: Told): Promise<string> =>
      ((await call('POST', `/charges/${id}/expire`)).body as Told).status;
    const [created, pending, paid, declined] = [await begun(), await begun(), await begun(), await begun()];
    await post(pending, 'pending');
    await post(paid, 'pay');
    await post(declined, 'decline');
    const all = [created, pending, paid, declined];
    for (const charge of all) expect(await expire(charge)).toBe(await statusOf(charge));
    expect(await Promise.all(all.map(statusOf))).toEqual(['expired', 'pending', 'paid', 'declined']);
    await arrived(3);

    expect(formsOf(await page(created))).toEqual([]);
    expect(await page(created)).toContain('Expired');
    for (const action of ['pay', 'timeout']) expect(await post(created, action)).toEqual(back);
    expect(await statusOf(created)).toBe('expired');
    await nothingMoreThan(3);
  });
});

describe('the page', () => {
  test('shows what is paid and offers four ends', async () => {
    const charge = await begun({ amount: 1500, currency: 'JPY', description: 'Invoices 7 and 8' });
    const response = await fetch(charge.url);
    const html = await response.text();
    expect(response.status).toBe(200);
    expect(html).toMatch(/Invoices 7 and 8.*1500 JPY/);
    expect(formsOf(html)).toEqual(['pay', 'decline', 'pending', 'timeout']);
    for (const action of formsOf(html)) expect(html).toContain(`action="/pay/${charge.id}/${action}"`);
    expect(html.match(/<button type="submit"/g)).toHaveLength(4);
    const policy = response.headers.get('content-security-policy');
    expect(policy).toMatch(/^default-src 'none';.* form-action 'self'$/);
    const head = await fetch(charge.url, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  test('lets a hostile charge do nothing', async () => {
    const charge = await begun({
      description: '</dd><script>alert(1)</script><form name="pay" action="//evil.test">"\'&',
      returnUrl: `https://evil.test/"><script>alert(2)</script>?'`,
    });
    const response = await fetch(charge.url);
    const html = await response.text();
    expect(html).not.toMatch(/<script|evil\.test">/);
    expect(html).toContain('&lt;/dd&gt;&lt;script&gt;');
    expect(html).toContain('&quot;&#39;&amp;</dd>');
    expect(formsOf(html)).toHaveLength(4);
    const policy = response.headers.get('content-security-policy');
    expect(policy).toMatch(/ form-action 'self'$/);
    expect((await post(charge, 'pay')).to).not.toMatch(/[<>"\s]/);
  });

  test('pay takes the money, tells the portal and goes back', async () => {
    await setControls({ fee: 55 });
    const charge = await begun();
    expect(await post(charge, 'pay')).toEqual(back);
    await arrived(1);
    const { id, key, accountId, amount, currency } = charge;
    expect(received[0]?.event).toEqual({
      id: expect.stringMatching(/^evt_\w{32}$/) as string,
      type: 'charge.paid',
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      data: { charge: id, key, accountId, amount, currency, fee: 55 },
    });
    const taken = gateway.ledger().charges.find((found) => found.id === id);
    expect(taken).toMatchObject({ status: 'paid', fee: 55 });
    const html = await page(charge);
    expect(html).toContain('Paid.');
    expect(formsOf(html)).toEqual(byGateway);
  });

  test.each([
    ['pay', 'paid'],
    ['decline', 'declined'],
  ])('pending leaves it open, until %s', async (action, status) => {
    const charge = await begun();
    expect(await post(charge, 'pending')).toEqual(back);
    await arrived(1);
    expect(received[0]?.event.type).toBe('charge.pending');
    expect(formsOf(await page(charge))).toEqual(['pay', 'decline']);
    // Neither is offered any more.
    expect(await post(charge, 'pending')).toEqual(back);
    expect(await post(charge, 'timeout')).toEqual(back);
    expect(await statusOf(charge)).toBe('pending');

    expect(await post(charge, action)).toEqual(back);
    await arrived(2);
    expect(received[1]?.event.type).toBe(`charge.${status}`);
    for (const again of ['pay', 'decline']) expect(await post(charge, again)).toEqual(back);
    expect(await statusOf(charge)).toBe(status);
    expect(formsOf(await page(charge))).toEqual(status === 'paid' ? byGateway : []);
    await nothingMoreThan(2);
  });

  test('timeout takes the money and tells nobody', async () => {
    const charge = await begun();
    expect(await post(charge, 'timeout')).toEqual({ status: 504, to: null });
    expect(await statusOf(charge)).toBe('paid');
    expect(formsOf(await page(charge))).toEqual(byGateway);
    expect(await post(charge, 'pay')).toEqual(back);
    await nothingMoreThan(0);
  });

  test('the money is taken once, however often and at once it is asked for', async () => {
    const charge = await begun();
    const actions = Array.from({ length: 12 }, (_, nth) => (nth % 2 === 0 ? 'pay' : 'decline'));
    const outcomes = await Promise.all(actions.map((action) => post(charge, action)));
    expect(outcomes).toEqual(actions.map(() => back));
    await arrived(1);
    expect(await post(charge, 'pay')).toEqual(back);
    await nothingMoreThan(1);
    expect(received[0]?.event.type).toBe(`charge.${await statusOf(charge)}`);
  });
});

test('what is not there is not found, and what is too large is not read', async () => {
  const charge = await begun();
  const missing = await fetch(`${gateway.url}/pay/ch_none`);
  expect([missing.status, await missing.text()]).toEqual([404, expect.stringContaining('No such payment')]);
  expect((await post({ ...charge, url: `${gateway.url}/pay/ch_none` }, 'pay')).status).toBe(404);
  expect((await post(charge, 'steal')).status).toBe(404);
  expect((await fetch(`${gateway.url}/pay/ch_none`, { method: 'HEAD' })).status).toBe(404);
  for (const path of ['/charges?key=none', '/refunds?key=none']) {
    expect(await call('GET', path)).toMatchObject({ status: 404, body: { error: 'not-found' } });
  }
  expect((await call('POST', '/charges/ch_none/expire')).body).toMatchObject({ error: 'not-found' });
  // Not the words that tell of a charge: this path tells of none.
  expect((await call('GET', '/nowhere')).body.error).not.toBe('not-found');
  expect((await call('GET', '/charges')).status).toBe(400);
  expect((await call('GET', '/charges?key=a&key=b')).status).toBe(400);
  expect((await call('POST', '/charges', draft({ padding: 'x'.repeat(70_000) }))).status).toBe(413);
  expect(await statusOf(charge)).toBe('created');
});

test('refunds give back once for a key, and never more than was paid', async () => {
  const charge = await begun({ amount: 1000 });
  const give = (key: string, amount: number, change: object = {}) =>
    call('POST', '/refunds', { key, charge: charge.id, amount, reason: 'Cancelled', ...change });
  expect(await give('r1', 1)).toMatchObject({ status: 409, body: { error: 'not-paid' } });
  await post(charge, 'pay');
  await arrived(1);

  const [first, ...others] = await Promise.all([give('r1', 600), give('r1', 600), give('r1', 600)]);
  expect(first).toMatchObject({ status: 200, body: { status: 'refunded', charge: charge.id, amount: 600 } });
  expect(others).toEqual([first, first]);
  expect(await call('GET', '/refunds?key=r1')).toEqual(first);
  expect(await give('r1', 601)).toMatchObject({ status: 409, body: { error: 'key-reused' } });
  expect(await give('r2', 401)).toMatchObject({ status: 409, body: { error: 'too-much' } });
  expect(await give('r2', 400, { currency: 'EUR' })).toMatchObject({ status: 400 });
  expect(await give('r2', 0)).toMatchObject({ status: 400 });
  expect(await give('r2', 400, { charge: 'ch_none' })).toMatchObject({ status: 404 });
  const rest = await Promise.all([give('r2', 400, { currency: 'GBP' }), give('r3', 400)]);
  expect(rest.map(({ status }) => status)).toEqual([200, 409]);

  const ledger = gateway.ledger();
  const given = ledger.refunds.filter((refund) => refund.charge === charge.id);
  expect(given.map(({ key, amount }) => `${key} ${amount}`)).toEqual(['r1 600', 'r2 400']);
  expect((await call('GET', '/ledger')).body).toEqual(ledger);
});

describe('events', () => {
  test('are signed, each time anew, with the secret and the clock of the moment', async () => {
    controls.setNow(new Date('2030-01-02T03:04:05Z'));
    answers = [500];
    upcoming = ['old secret', 'new secret'];
    await post(await begun(), 'pay');
    await arrived(2);
    expect(received[0]?.event.createdAt).toMatch(/^2030-01-02T03:0/);
    const good = (secret: string): boolean[] =>
      received.map(({ body, signature }) => verify(secret, signature, body, controls.now()));
    expect([...good('old secret'), ...good('new secret')]).toEqual([true, false, false, true]);
  });

  test('come several times', async () => {
    await setControls({ copies: 3 });
    await post(await begun(), 'pay');
    await arrived(3);
    expect(new Set(received.map(({ body }) => body)).size).toBe(1);
  });

  test('come late', async () => {
    await setControls({ delayMs: 600 });
    const late = await begun();
    await post(late, 'pay');
    await setControls({ delayMs: 0 });
    const soon = await begun();
    await post(soon, 'pay');
    await arrived(2);
    expect(received.map(({ event }) => event.data.charge)).toEqual([soon.id, late.id]);
  });

  test('come out of order', async () => {
    await setControls({ reorder: true });
    const charge = await begun();
    await post(charge, 'pending');
    await post(charge, 'pay');
    await arrived(2);
    expect(received.map(({ event }) => event.type)).toEqual(['charge.paid', 'charge.pending']);

    // The last one has nobody to overtake it; it is not lost for that.
    await post(await begun(), 'decline');
    await setControls({ reorder: false });
    await arrived(3);
    expect(received[2]?.event.type).toBe('charge.declined');
  });

  test('come again until they are taken', async () => {
    answers = [500, 302];
    await post(await begun(), 'pay');
    await arrived(3);
    expect(new Set(received.map(({ body }) => body)).size).toBe(1);
    await nothingMoreThan(3);
  });

  test('wait until their address is known', async () => {
    const known = webhookUrl;
    let asked = 0;
    const patient = await startSandboxGateway({
      ...options,
      webhookUrl: () => ((asked += 1) > 1 ? known : undefined),
    });
    const begun = await fetch(`${patient.url}/charges`, { method: 'POST', body: JSON.stringify(draft()) });
    await post((await begun.json()) as Told, 'pay');
    await arrived(1);
    await patient.close();
  });

  test('are bent by nothing else', async () => {
    for (const change of [{ copies: 0 }, { delayMs: -1 }, { fee: 0.5 }, { mode: 'lie' }, '[']) {
      expect((await call('PUT', '/controls', change)).status).toBe(400);
    }
    const body = { delayMs: 0, copies: 1, reorder: false, fee: 7, disputeFee: 0 };
    expect(await call('PUT', '/controls', { fee: 7 })).toEqual({ status: 200, body });
  });
});

test('closing ends what is under way, and the ledger outlives it', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'sandbox-gateway-'));
  const send = (method: string, path: string, body: object) =>
    fetch(other.url + path, { method, body: JSON.stringify(body) });
  const ask = async (path: string, body: object) => (await (await send('POST', path, body)).json()) as Told;
  let other = await startSandboxGateway({ ...options, dir });
  const asked = draft({ key: 'kept' });
  const charge = await ask('/charges', asked);
  // One event is tried again and again, one waits to be overtaken, one is late.
  answers = Array.from({ length: 10 }, () => 500);
  await post(charge, 'pending');
  await arrived(1);
  await send('PUT', '/controls', { delayMs: 60_000 });
  await post(await ask('/charges', draft()), 'pay');
  await send('PUT', '/controls', { reorder: true });
  await post(charge, 'pay');
  await ask('/refunds', { key: 'kept', charge: charge.id, amount: 50, reason: '' });
  const before = other.ledger();
  await other.close();
  await expect(fetch(`${other.url}/ledger`)).rejects.toThrow();
  expect(received.filter(({ event }) => event.type !== 'charge.pending')).toEqual([]);

  other = await startSandboxGateway({ ...options, dir });
  expect(other.ledger()).toEqual(before);
  const again = await ask('/charges', asked);
  expect(again).toEqual({ ...charge, status: 'paid', url: `${other.url}/pay/${charge.id}` });
  await other.close();
  await rm(dir, { recursive: true });
});
