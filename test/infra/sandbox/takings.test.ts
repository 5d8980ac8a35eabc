import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Controls } from '../../../infra/local/controls.ts';
import { type LocalServer, readBody, startServer } from '../../../infra/local/http/server.ts';
import { type SandboxGateway, startSandboxGateway } from '../../../infra/sandbox/gateway.ts';
import { ForgedEvent } from '../../../shared/payments/gateways/gateway.ts';
import { sandboxGateway } from '../../../shared/payments/gateways/sandbox-gateway.ts';
import { sign } from '../../../shared/payments/gateways/sandbox-signature.ts';

const webhookSecret = 'shared secret';
const controls = new Controls();
const amount = { amount: 10_000, currency: 'GBP' };
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
  gateway = sandboxGateway({ url: server.url, webhookSecret });
  await fetch(`${server.url}/controls`, { method: 'PUT', body: '{"disputeFee":1500}' });
});
afterAll(async () => {
  await server.close();
  await portal.close();
});
beforeEach(() => {
  events = [];
});

async function paid() {
  const key = `mpay_${++serial}`;
  const returnUrl = 'https://portal.test/back';
  const state = await gateway.start({ key, accountId: 'a1', amount, description: 'x', returnUrl });
  if (state.kind !== 'redirect') throw new Error(`The charge is ${state.kind}`);
  await press(state.url, 'timeout');
  return { charge: { key, accountId: 'a1', reference: state.reference }, url: state.url };
}
const press = async (url: string, action: string) =>
  (await fetch(`${url}/${action}`, { method: 'POST', redirect: 'manual' })).text();
const forms = async (url: string) =>
  [...(await (await fetch(url)).text()).matchAll(/<form name="(\w+)"/g)].map(([, name]) => name);
/** Presses a form, and reads the event that it sends. */
async function told(url: string, action: string) {
  events = [];
  await press(url, action);
  await vi.waitFor(() => expect(events).toHaveLength(1), { interval: 5, timeout: 5000 });
  return gateway.readEvent({ ...events[0]!, now: new Date() });
}

describe('a charge that is paid', () => {
  test('is disputed, and won: the money comes back, the fee stays', async () => {
    const { charge, url } = await paid();
    expect(await forms(url)).toEqual(['dispute', 'refund', 'reverse']);
    const event = await told(url, 'dispute');
    const [dispute] = await gateway.takings(charge, []);
    expect(event).toEqual({ kind: 'taking', charge, id: dispute!.id, isReversal: false });
    const open = { kind: 'dispute', status: 'open', amount, taken: 10_000, feeAmount: 1_500 };
    expect(dispute).toMatchObject(open);
    expect(await forms(url)).toEqual(['win', 'lose']);
    expect(await told(url, 'win')).toMatchObject({ id: dispute!.id });
    expect(await gateway.takings(charge, [])).toEqual([{ ...dispute, status: 'won', taken: 0 }]);
    expect(await forms(url)).toEqual(['dispute', 'refund', 'reverse']);
  });

  test('is disputed, and lost: nothing is left to dispute or to give back', async () => {
    const { charge, url } = await paid();
    await told(url, 'dispute');
    await told(url, 'lose');
    expect(await gateway.takings(charge, [])).toMatchObject([{ status: 'lost', taken: 10_000 }]);
    expect(await forms(url)).toEqual(['reverse']);
    const refund = await gateway.refund({ key: 'r1', reference: charge.reference, amount, reason: 'x' });
    expect(refund).toMatchObject({ kind: 'failed' });
  });

  test('is refunded in its page: what is left, and no more', async () => {
    const { charge, url } = await paid();
    const part = { amount: 4_000, currency: 'GBP' };
    await gateway.refund({ key: `rfd_${serial}`, reference: charge.reference, amount: part, reason: 'x' });
    await told(url, 'refund');
    expect(await gateway.takings(charge, [])).toMatchObject([
      { kind: 'refund', key: `rfd_${serial}`, status: 'succeeded', taken: 4_000, feeAmount: 0 },
      { kind: 'refund', status: 'succeeded', amount: { amount: 6_000 }, taken: 6_000, feeAmount: 0 },
    ]);
    expect(await forms(url)).toEqual(['reverse']);
  });

  test('is reversed whole, whatever was given back, and once', async () => {
    const { charge, url } = await paid();
    await told(url, 'refund');
    expect(await told(url, 'reverse')).toMatchObject({ isReversal: true });
    events = [];
    await press(url, 'reverse');
    expect(await forms(url)).toEqual([]);
    expect(events).toEqual([]);
    expect((await gateway.takings(charge, [])).map(({ kind, taken }) => [kind, taken])).toEqual([
      ['refund', 10_000],
      ['reversal', 10_000],
    ]);
  });
});

test('what is not paid is not taken back', async () => {
  const draft = {
    key: 'k1',
    accountId: 'a1',
    ...amount,
    description: 'x',
    returnUrl: 'https://portal.test/',
  };
  const begun = await fetch(`${server.url}/charges`, { method: 'POST', body: JSON.stringify(draft) });
  const { url, id } = (await begun.json()) as { url: string; id: string };
  for (const action of ['dispute', 'win', 'refund', 'reverse']) await press(url, action);
  expect(server.ledger().takings.filter(({ charge }) => charge === id)).toEqual([]);
});

test('the charges of which something was taken or decided since a time are listed once', async () => {
  const [one, two] = [await paid(), await paid()];
  const at = (time: string) => controls.setNow(new Date(time));
  at('2030-01-01T00:00:00Z');
  await press(one.url, 'dispute');
  await press(two.url, 'refund');
  at('2030-01-02T00:00:00Z');
  await press(one.url, 'lose');
  controls.setNow(null);
  expect(await gateway.takenSince(new Date('2030-01-02T00:00:00Z'))).toEqual([one.charge]);
  expect(await gateway.takenSince(new Date('2030-01-01T00:00:00Z'))).toEqual([one.charge, two.charge]);
  await expect(gateway.takings({ ...one.charge, reference: 'ch_none' }, [])).rejects.toThrow('not-found');
});

test('an event that does not name what was taken is forged', async () => {
  const data = { charge: 'ch_1', key: 'k', accountId: 'a', ...amount, fee: 0 };
  const rawBody = JSON.stringify({ id: 'evt_1', type: 'charge.taking', createdAt: 'now', data });
  const now = new Date();
  const headers = { 'sandbox-signature': sign(webhookSecret, Math.floor(now.getTime() / 1000), rawBody) };
  await expect(gateway.readEvent({ rawBody, headers, now })).rejects.toBeInstanceOf(ForgedEvent);
});
