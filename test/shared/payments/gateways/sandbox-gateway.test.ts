import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ForgedEvent } from '../../../../shared/payments/gateways/gateway.ts';
import { sandboxGateway } from '../../../../shared/payments/gateways/sandbox-gateway.ts';
import { sign, verify } from '../../../../shared/payments/gateways/sandbox-signature.ts';
import { Controls } from '../../../../infra/local/controls.ts';
import { type LocalServer, readBody, startServer } from '../../../../infra/local/http/server.ts';
import { type SandboxGateway, startSandboxGateway } from '../../../../infra/sandbox/gateway.ts';

const webhookSecret = 'shared secret';
const controls = new Controls();
const amount = { amount: 12050, currency: 'GBP' };
let events: { rawBody: string; headers: Record<string, string> }[] = [];
let portal: LocalServer;
let server: SandboxGateway;
let gateway: ReturnType<typeof sandboxGateway>;
let serial = 0;

beforeAll(async () => {
  portal = await startServer((request, response) => {
    const receive = async (): Promise<void> => {
      const rawBody = String(await readBody(request, 10_000));
      events.push({ rawBody, headers: request.headers as Record<string, string> });
      response.end();
    };
    void receive();
  });
  server = await startSandboxGateway({
    controls,
    webhookSecret: () => webhookSecret,
    webhookUrl: () => portal.url,
  });
  gateway = sandboxGateway({ url: `${server.url}/`, webhookSecret });
  await fetch(`${server.url}/controls`, { method: 'PUT', body: '{"fee":55}' });
});
afterAll(async () => {
  await server.close();
  await portal.close();
});

function newCharge() {
  serial += 1;
  return {
    key: `mass/payment ${serial}&é`,
    accountId: 'a1',
    amount,
    description: 'Invoices 1001, 1002',
    returnUrl: 'https://portal.test/back',
  };
}
async function begun() {
  const charge = newCharge();
  const state = await gateway.start(charge);
  if (state.kind !== 'redirect') throw new Error(`The charge is ${state.kind}`);
  return { charge, ...state };
}
/** Chooses how the charge ends, and gives the event of it. */
async function chosen({ url }: { url: string }, action: string) {
  events = [];
  const response = await fetch(`${url}/${action}`, { method: 'POST', redirect: 'manual' });
  await response.text();
  if (action === 'timeout') return undefined;
  await vi.waitFor(() => expect(events).toHaveLength(1), { interval: 5, timeout: 5000 });
  return events[0];
}

describe('charges', () => {
  test('redirect to the page until the payer has chosen', async () => {
    const { charge, url, reference } = await begun();
    expect(url).toBe(`${server.url}/pay/${reference}`);
    const waiting = { kind: 'redirect', url, reference };
    expect(await gateway.start(charge)).toEqual(waiting);
    expect(await gateway.query({ ...charge, reference })).toEqual(waiting);
    expect(await gateway.query({ ...charge, reference: null })).toEqual(waiting);
  });

  test.each(['pay', 'timeout'])('are paid by %s, and stay so', async (action) => {
    const { charge, url, reference } = await begun();
    await chosen({ url }, action);
    const paid = { kind: 'paid', reference, amount, feeAmount: 55 };
    expect(await gateway.query({ ...charge, reference })).toEqual(paid);
    expect(await gateway.start(charge)).toEqual(paid);
    expect(await gateway.expire({ ...charge, reference })).toEqual(paid);
    expect(await gateway.expire({ ...charge, reference: null })).toEqual(paid);
  });

  test('are pending until the bank has decided', async () => {
    const { charge, url, reference } = await begun();
    await chosen({ url }, 'pending');
    expect(await gateway.query({ ...charge, reference })).toEqual({ kind: 'pending', reference });
    await chosen({ url }, 'decline');
    const failed = { kind: 'failed', reason: 'The payment was declined.' };
    expect(await gateway.query({ ...charge, reference })).toEqual(failed);
    expect(await gateway.expire({ ...charge, reference })).toEqual(failed);
  });

  test('expire by reference or by key', async () => {
    const failed = { kind: 'failed', reason: 'The payment was not made in time.' };
    for (const given of [true, false]) {
      const { charge, reference } = await begun();
      expect(await gateway.expire({ ...charge, reference: given ? reference : null })).toEqual(failed);
      expect(await gateway.query({ ...charge, reference })).toEqual(failed);
      expect(await gateway.start(charge)).toEqual(failed);
    }
  });

  test('are absent where nobody began them', async () => {
    const never = { ...newCharge(), reference: null };
    expect(await gateway.query(never)).toEqual({ kind: 'absent' });
    expect(await gateway.expire(never)).toEqual({ kind: 'absent' });
    expect(await gateway.expire({ ...never, reference: 'ch_none' })).toEqual({ kind: 'absent' });
  });

  test('that the gateway cannot accept fail; a key in use for another one tells nothing', async () => {
    const failed = { kind: 'failed', reason: expect.any(String) as string };
    expect(await gateway.start({ ...newCharge(), returnUrl: 'nowhere' })).toEqual(failed);
    const { charge, reference } = await begun();
    await expect(gateway.start({ ...charge, amount: { amount: 1, currency: 'GBP' } })).rejects.toThrow(
      'key-reused',
    );
    await expect(gateway.query({ ...charge, accountId: 'a2', reference })).rejects.toThrow('another charge');
    await expect(gateway.expire({ ...newCharge(), reference })).rejects.toThrow('another charge');
  });
});

test('refunds are given once for a key, up to what was paid', async () => {
  const { url, reference } = await begun();
  const refund = { key: `refund of ${reference}`, reference, amount, reason: 'Cancelled' };
  expect(await gateway.refund(refund)).toEqual({ kind: 'failed', reason: 'The charge is not paid.' });
  expect(await gateway.queryRefund(refund)).toEqual({ kind: 'absent' });
  await chosen({ url }, 'pay');
  expect(await gateway.refund(refund)).toEqual({ kind: 'refunded' });
  expect(await gateway.refund(refund)).toEqual({ kind: 'refunded' });
  expect(await gateway.queryRefund(refund)).toEqual({ kind: 'refunded' });
  expect(await gateway.refund({ ...refund, key: 'more' })).toMatchObject({ kind: 'failed' });
  expect(await gateway.refund({ ...refund, key: 'other', reference: 'ch_none' })).toMatchObject({
    kind: 'failed',
  });
  await expect(gateway.refund({ ...refund, amount: { ...amount, amount: 1 } })).rejects.toThrow('key-reused');
  await expect(gateway.queryRefund({ ...refund, reference: 'ch_none' })).rejects.toThrow('another refund');
  const mine = server.ledger().refunds.filter(({ charge }) => charge === reference);
  expect(mine).toMatchObject([{ key: refund.key, amount: 12050, reason: 'Cancelled', status: 'refunded' }]);
});

describe('without a certain answer it throws', () => {
  let answer: { status: number; body: string; location?: string } | null;
  let broken: LocalServer;
  beforeAll(async () => {
    broken = await startServer((_request, response) => {
      if (!answer) return;
      const { status, body, location } = answer;
      response.writeHead(status, location === undefined ? {} : { location }).end(body);
    });
  });
  afterAll(() => broken.close());

  async function throwsAlways(url: string, timeoutMs = 8000): Promise<void> {
    const { start, query, expire, refund, queryRefund } = sandboxGateway({ url, webhookSecret, timeoutMs });
    const charge = { ...newCharge(), reference: null };
    const asked = { key: 'r', reference: 'ch_1', amount, reason: '' };
    const calls = [start(charge), query(charge), expire(charge), refund(asked), queryRefund(asked)];
    expect((await Promise.allSettled(calls)).map(({ status }) => status)).toEqual(
      calls.map(() => 'rejected'),
    );
  }

  const refusal = '{"error":"not-found","message":"None."}';
  test.each<[string, { status: number; body: string; location?: string }]>([
    ['a failure', { status: 500, body: '{}' }],
    ['a failure in words of its own', { status: 503, body: refusal }],
    ['no answer in time', { status: 504, body: 'late' }],
    ['somebody else’s 404', { status: 404, body: '<h1>Not found</h1>' }],
    ['an unknown refusal', { status: 409, body: '{"error":"odd","message":""}' }],
    ['no JSON', { status: 200, body: 'ok' }],
    ['JSON of another kind', { status: 200, body: '{"status":"paid"}' }],
    ['another place', { status: 302, body: '', location: 'http://127.0.0.1:1/' }],
  ])('for %s', async (_name, given) => {
    answer = given;
    await throwsAlways(broken.url);
  });

  test('for silence', async () => {
    answer = null;
    await throwsAlways(broken.url, 30);
  });

  test('for nobody there', async () => {
    const gone = await startServer(() => undefined);
    await gone.close();
    await throwsAlways(gone.url);
  });
});

describe('events', () => {
  const now = new Date('2030-01-02T03:04:05.500Z');
  const seconds = Math.floor(now.getTime() / 1000);
  const event = {
    id: 'evt_1',
    type: 'charge.paid',
    createdAt: '2030-01-02T03:04:05.000Z',
    data: { charge: 'ch_1', key: 'mp1', accountId: 'a1', amount: 12050, currency: 'GBP', fee: 55 },
  };
  const signed = (body: unknown, signature?: string) => {
    const rawBody = typeof body === 'string' ? body : JSON.stringify(body);
    return {
      rawBody,
      headers: { 'sandbox-signature': signature ?? sign(webhookSecret, seconds, rawBody) },
      now,
    };
  };

  test('of the sandbox are read', async () => {
    const { charge, url, reference } = await begun();
    const of = { kind: 'charge', key: charge.key, accountId: 'a1' };
    const pending = await chosen({ url }, 'pending');
    expect(await gateway.readEvent({ ...pending!, now: new Date() })).toEqual({
      ...of,
      state: { kind: 'pending', reference },
    });
    const paid = await chosen({ url }, 'pay');
    expect(await gateway.readEvent({ ...paid!, now: new Date() })).toEqual({
      ...of,
      state: { kind: 'paid', reference, amount, feeAmount: 55 },
    });
    const declined = await chosen(await begun(), 'decline');
    expect(await gateway.readEvent({ ...declined!, now: new Date() })).toMatchObject({
      state: { kind: 'failed', reason: 'The payment was declined.' },
    });
  });

  test.each<[string, object | string]>([
    ['what is no JSON', '{'],
    ['nothing', ''],
    ['a list', [event]],
    ['an unknown type', { ...event, type: 'charge.refunded' }],
    ['an id of something else', { ...event, id: 'ch_1' }],
    ['no data', { ...event, data: undefined }],
    ['no key', { ...event, data: { ...event.data, key: undefined } }],
    ['a negative amount', { ...event, data: { ...event.data, amount: -1 } }],
    ['half a penny', { ...event, data: { ...event.data, amount: 0.5 } }],
    ['an unknown currency', { ...event, data: { ...event.data, currency: 'XXY' } }],
    ['a negative fee', { ...event, data: { ...event.data, fee: -1 } }],
  ])('with %s are refused even signed', async (_name, body) => {
    await expect(gateway.readEvent(signed(body))).rejects.toThrow(ForgedEvent);
  });

  const body = JSON.stringify(event);
  const mac = sign(webhookSecret, seconds, body).split('v1=')[1]!;
  const zeros = '0'.repeat(64);
  const at = (time: number) => sign(webhookSecret, time, body);

  test.each<[string, string]>([
    ['is its own', at(seconds)],
    ['is five minutes old', at(seconds - 299)],
    ['is five minutes ahead', at(seconds + 300)],
    ['comes first of two', `t=${seconds},v1=${mac},v1=${zeros}`],
    ['comes last of three', `t=${seconds},v1=${zeros},v1=${zeros},v1=${mac}`],
  ])('are good where the signature %s', async (_name, signature) => {
    expect(await gateway.readEvent(signed(body, signature))).toMatchObject({ kind: 'charge', key: 'mp1' });
  });

  test.each<[string, string]>([
    ['by another secret', sign('another secret', seconds, body)],
    ['of another body', sign(webhookSecret, seconds, `${body} `)],
    ['of another time', `t=${seconds + 1},v1=${mac}`],
    ['too old', at(seconds - 300)],
    ['too far ahead', at(seconds + 301)],
    ['from the beginning of time', at(0)],
    ['empty', ''],
    ['without a time', `v1=${mac}`],
    ['without a signature', `t=${seconds}`],
    ['with an empty one', `t=${seconds},v1=`],
    ['with half of one', `t=${seconds},v1=${mac.slice(32)}`],
    ['with more than one', `t=${seconds},v1=${mac}00`],
    ['that is no hex', `t=${seconds},v1=${'z'.repeat(64)}`],
    ['in large letters', `t=${seconds},v1=${mac.toUpperCase()}`],
    ['of another version', `t=${seconds},v0=${mac}`],
    ['with two times', `t=${seconds},t=${seconds},v1=${mac}`],
    ['with a time that is no number', `t=now,v1=${mac}`],
    ['with a fraction of a second', `t=${seconds}.5,v1=${mac}`],
    ['with spaces', ` t=${seconds}, v1=${mac}`],
    ['with a line after it', `t=${seconds},v1=${mac}\n`],
    ['without end', `t=${seconds},${`v1=${zeros},`.repeat(20_000)}v1=${mac}`],
    ['that is one huge number', `t=${'9'.repeat(1_000_000)},v1=${mac}`],
  ])('are refused with a signature %s', async (_name, signature) => {
    await expect(gateway.readEvent(signed(body, signature))).rejects.toThrow(ForgedEvent);
  });

  test('are refused without a signature, and changed by a single letter', async () => {
    await expect(gateway.readEvent({ rawBody: body, headers: {}, now })).rejects.toThrow(ForgedEvent);
    const { headers } = signed(body);
    const tampered = body.replace('12050', '12051');
    await expect(gateway.readEvent({ rawBody: tampered, headers, now })).rejects.toThrow(ForgedEvent);
  });

  test('are refused while the clock tells no time, and never good by an empty secret', () => {
    expect(verify(webhookSecret, at(seconds), body, new Date(Number.NaN))).toBe(false);
    expect(() => sign('', seconds, body)).toThrow('no secret');
    expect(() => verify('', at(seconds), body, now)).toThrow('no secret');
  });
});
