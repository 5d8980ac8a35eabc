import { beforeEach, describe, expect, test, vi } from 'vitest';
import { type BillingDesk, billingDesk, gbp } from '../../support/desks/billing-desk.ts';
import type { Called } from '../../support/memory/memory-portal.ts';
import { statusesOf, stopAt, stoppages } from '../../support/faults/stoppages.ts';

// What is stopped on purpose need not be logged.
vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

const largest = Number.MAX_SAFE_INTEGER;

let desk: BillingDesk;
let serviceId: string;

/** The memory portal's today is 1 March 2026. */
const internet = (extra: object = {}) => ({
  accountId: desk.accountId,
  serviceId,
  kind: 'internet',
  day: '2026-02-28',
  sourceId: 'router-1',
  bytesIn: 1000,
  bytesOut: 100,
  ...extra,
});

const voice = (extra: object = {}) => {
  const { bytesIn: _in, bytesOut: _out, ...rest } = internet();
  return { ...rest, kind: 'voice', calls: 3, minutes: 7, cost: gbp(120), ...extra };
};

/** Records of one day or of many, each from a source of its own. */
const batch = (count: number, days = 7) =>
  Array.from({ length: count }, (_, n) =>
    internet({ day: `2026-02-${String(10 + (n % days))}`, sourceId: `router-${n}` }),
  );

const record = (records: unknown, headers: Record<string, string> = {}) =>
  desk.portal.call('stan', 'POST', '/v1/staff/usage', { body: { records }, headers });

const usage = async (query: Record<string, string> = {}, of = serviceId) =>
  desk.get(`/services/${of}/usage`, query);

const errorsOf = ({ status, body }: Called) => {
  expect(status).toBe(400);
  return body.errors.map(({ path }: { path: string }) => path);
};

const stored = () => desk.portal.table.all().filter(({ pk, sk }) => `${pk}\n${sk}`.includes('USAGE#'));

async function addService(base: string): Promise<string> {
  const body = { name: 'Fibre', price: gbp(3000), cycle: 'monthly', startOn: '2026-01-01' };
  const made = await desk.portal.call('stan', 'POST', `${base}/services`, { body });
  expect(made).toMatchObject({ status: 201 });
  return made.body.id;
}

beforeEach(async () => {
  desk = await billingDesk();
  serviceId = await addService(desk.base);
});

describe('recording', () => {
  test('adds what several sources say of a day, each kind for itself', async () => {
    const records = [
      internet(),
      internet({ sourceId: 'router-2', bytesIn: 5 }),
      internet({ day: '2026-03-01' }),
      voice(),
      voice({ sourceId: 'switch-2', minutes: 0, cost: gbp(1) }),
    ];
    expect(await record(records)).toMatchObject({ status: 200, body: { accepted: 5, repeated: 0 } });
    expect(await usage()).toEqual({
      days: [
        { day: '2026-02-28', bytesIn: 1005, bytesOut: 200 },
        { day: '2026-03-01', bytesIn: 1000, bytesOut: 100 },
      ],
      sums: { bytesIn: 2005, bytesOut: 300 },
    });
    const day = { calls: 6, minutes: 7, cost: gbp(121) };
    expect(await usage({ kind: 'voice' })).toEqual({ days: [{ day: '2026-02-28', ...day }], sums: day });
  });

  test('counts a record once, whatever it says when it comes again', async () => {
    await record([internet()]);
    const again = await record([internet({ bytesIn: 9 }), internet({ sourceId: 'router-2' })]);
    expect(again).toMatchObject({ status: 200, body: { accepted: 1, repeated: 1 } });
    expect((await usage()).sums).toEqual({ bytesIn: 2000, bytesOut: 200 });
  });

  test('counts each record of 100 once, sent twice at the same time', async () => {
    const records = batch(100);
    const both = await Promise.all([record(records), record(records)]);
    const sums = both.map(({ status, body }) => [status, body.accepted + body.repeated]);
    expect(sums).toEqual([
      [200, 100],
      [200, 100],
    ]);
    expect(both.reduce((all, { body }) => all + body.accepted, 0)).toBe(100);
    expect((await usage()).sums).toEqual({ bytesIn: 100_000, bytesOut: 10_000 });
  });

  test('takes 500 records of one day, and no more', async () => {
    expect(await record(batch(500, 1))).toMatchObject({ status: 200, body: { accepted: 500 } });
    expect((await usage()).days).toEqual([{ day: '2026-02-10', bytesIn: 500_000, bytesOut: 50_000 }]);
    expect(errorsOf(await record(batch(501)))).toEqual(['records']);
    expect(errorsOf(await record([]))).toEqual(['records']);
  });

  test('answers a repeat with the same key what it answered first', async () => {
    const headers = { 'idempotency-key': 'import-1' };
    const first = await record(batch(100), headers);
    const again = await record(batch(100), headers);
    expect(again.body).toEqual({ accepted: 100, repeated: 0 });
    expect([first.headers['idempotent-replayed'], again.headers['idempotent-replayed']]).toEqual([
      undefined,
      'true',
    ]);
  });

  test('keeps days exact: what would take one beyond 2^53 - 1 bytes is refused', async () => {
    expect(await record([internet({ bytesIn: largest })])).toMatchObject({ status: 200 });
    const more = [internet({ day: '2026-02-27' }), internet({ sourceId: 'router-2', bytesIn: 1 })];
    expect(errorsOf(await record(more))).toEqual(['records.1.bytesIn']);
    const none = internet({ sourceId: 'router-2', bytesIn: 0 });
    expect(await record([none])).toMatchObject({ status: 200 });
    expect((await usage()).days).toEqual([{ day: '2026-02-28', bytesIn: largest, bytesOut: 200 }]);
    const half = { bytesIn: 2 ** 52, day: '2026-02-26' };
    const halves = [internet(half), internet({ ...half, sourceId: 'router-2' })];
    expect(errorsOf(await record(halves))).toEqual(['records.1.bytesIn']);
    const both = await Promise.all(halves.map((one) => record([one])));
    expect(statusesOf(both)).toEqual([200, 400]);
    const { sums } = await usage();
    expect(sums.bytesIn).toBe(Number(BigInt(largest) + 2n ** 52n));
  });
});

describe('a bad record', () => {
  const cases: [string, () => object, string][] = [
    ['an account that is not', () => internet({ accountId: 'acct_none' }), 'accountId'],
    ['a service that is not', () => internet({ serviceId: 'svc_none' }), 'serviceId'],
    ['an id that is none', () => internet({ serviceId: 'a#b' }), 'serviceId'],
    ['a day to come', () => internet({ day: '2026-03-02' }), 'day'],
    ['a day over two years ago', () => internet({ day: '2024-02-29' }), 'day'],
    ['a day that is not', () => internet({ day: '2026-02-29' }), 'day'],
    ['less than nothing', () => internet({ bytesIn: -1 }), 'bytesIn'],
    ['a fraction', () => internet({ bytesOut: 0.5 }), 'bytesOut'],
    ['too much', () => internet({ bytesOut: largest + 1 }), 'bytesOut'],
    ['a number as text', () => internet({ bytesOut: '1' }), 'bytesOut'],
    ['a missing count', () => internet({ bytesOut: undefined }), 'bytesOut'],
    ['a field of the other kind', () => internet({ calls: 1 }), 'calls'],
    ['no source', () => internet({ sourceId: ' ' }), 'sourceId'],
    ['a source that is not Unicode', () => internet({ sourceId: 'a\ud800' }), 'sourceId'],
    ['another kind', () => internet({ kind: 'gas' }), 'kind'],
    ['a record of the same request', () => internet({ sourceId: 'good', bytesIn: 5 }), 'sourceId'],
    ['minutes less than nothing', () => voice({ minutes: -1 }), 'minutes'],
    ['a fraction of a call', () => voice({ calls: 1.5 }), 'calls'],
    ['a cost less than nothing', () => voice({ cost: gbp(-1) }), 'cost.amount'],
    [
      'a currency that is not the service’s',
      () => voice({ cost: { amount: 1, currency: 'EUR' } }),
      'cost.currency',
    ],
    ['bytes of a call', () => voice({ bytesIn: 1 }), 'bytesIn'],
  ];

  test.each(cases)('with %s refuses the request whole', async (_, bad, field) => {
    const many = batch(100);
    const refused = await record([internet({ sourceId: 'good' }), bad(), ...many]);
    expect(errorsOf(refused)).toEqual([`records.1.${field}`]);
    expect(stored()).toEqual([]);
  });

  test('of another account’s service refuses the request whole', async () => {
    const other = await billingDesk(desk.portal, 'Other');
    const theirs = await addService(other.base);
    const refused = await record([internet(), internet({ serviceId: theirs })]);
    expect(errorsOf(refused)).toEqual(['records.1.serviceId']);
    expect(stored()).toEqual([]);
  });

  test('has a day too early by the provider’s clock, not by the server’s', async () => {
    const settings = { timeZone: 'Pacific/Kiritimati' };
    await desk.portal.call('stan', 'PUT', '/v1/staff/settings', { body: settings });
    expect(await record([internet({ day: '2026-03-02' })])).toMatchObject({ status: 200 });
    expect(errorsOf(await record([internet({ day: '2024-03-01' })]))).toEqual(['records.0.day']);
  });
});

describe('reading', () => {
  test('shows the last 30 days, or a range with both its ends', async () => {
    const days = ['2026-01-30', '2026-01-31', '2026-02-28', '2026-03-01'];
    await record(days.map((day) => internet({ day })));
    const shown = async (query: Record<string, string> = {}) =>
      (await usage(query)).days.map(({ day }: { day: string }) => day);
    expect(await shown()).toEqual(days.slice(1));
    expect(await shown({ to: '2026-02-28' })).toEqual(days.slice(0, 3));
    expect(await shown({ from: '2026-01-30', to: '2026-01-30' })).toEqual(days.slice(0, 1));
    expect(await shown({ from: '2026-01-31', to: '2026-02-28' })).toEqual(days.slice(1, 3));
    expect(await shown({ kind: 'voice' })).toEqual([]);
    expect((await usage({ kind: 'voice' })).sums).toEqual({ calls: 0, minutes: 0, cost: gbp(0) });
  });

  test('reads 400 days in one query, and refuses more, or an end before the beginning', async () => {
    const day = (n: number) => new Date(Date.UTC(2026, 1, 28 - n)).toISOString().slice(0, 10);
    await record(Array.from({ length: 450 }, (_, n) => internet({ day: day(n) })));
    const { calls } = desk.portal.table;
    await usage();
    const before = calls.query;
    await usage();
    const usual = calls.query - before;
    const { days, sums } = await usage({ from: day(399), to: day(0) });
    expect(calls.query - before).toBe(2 * usual);
    expect([days.length, sums.bytesIn]).toEqual([400, 400_000]);
    const bad = async (query: Record<string, string>) => (await usage(query)).errors[0].path;
    expect(await bad({ from: day(400), to: day(0) })).toBe('from');
    expect(await bad({ from: '2026-03-02' })).toBe('from');
    expect(await bad({ to: 'soon' })).toBe('to');
    expect(await bad({ kind: 'gas' })).toBe('kind');
  });

  test('gives a table to those who ask for one', async () => {
    await record([internet(), internet({ day: '2026-03-01', bytesIn: 0 }), voice({ cost: gbp(1205) })]);
    const table = async (query: Record<string, string>) => {
      const path = `${desk.base}/services/${serviceId}/usage`;
      const { status, body, headers } = await desk.portal.call(desk.ownerId, 'GET', path, {
        query,
        headers: { accept: 'text/csv' },
      });
      expect([status, headers['content-type']]).toEqual([200, 'text/csv']);
      return Buffer.from(body, 'base64').toString();
    };
    expect(await table({})).toBe('day,bytesIn,bytesOut\r\n2026-02-28,1000,100\r\n2026-03-01,0,100\r\n');
    expect(await table({ kind: 'voice' })).toBe(
      'day,calls,minutes,cost,currency\r\n2026-02-28,3,7,12.05,GBP\r\n',
    );
  });

  test('shows nothing of another account’s service', async () => {
    const other = await billingDesk(desk.portal, 'Other');
    const theirs = await addService(other.base);
    await record([internet({ accountId: other.accountId, serviceId: theirs })]);
    expect((await usage({}, theirs)).status).toBe(404);
    expect((await usage({}, 'svc_none')).status).toBe(404);
    expect((await usage()).days).toEqual([]);
  });
});

describe('100 records', () => {
  /** As an importer does: the same request until it is answered; told that it still runs, it waits a minute. */
  async function insist(headers: Record<string, string>): Promise<Called> {
    for (;;) {
      const called = await record(batch(100), headers);
      if (called.status === 200) return called;
      expect([409, 500]).toContain(called.status);
      desk.portal.advance(61);
    }
  }

  const keys: [string, Record<string, string>][] = [
    ['with a key', { 'idempotency-key': 'import-1' }],
    ['without a key', {}],
  ];
  test.each(keys.flatMap(([what, headers]) => stoppages.map((how) => ({ what, headers, how }))))(
    'sent $what are counted once, though the first request $how at any of its calls',
    async ({ headers, how }) => {
      for (let nth = 1; ; nth++) {
        desk = await billingDesk();
        serviceId = await addService(desk.base);
        const stopped = await stopAt(desk.portal, how, nth, () => record(batch(100), headers));
        const { body } = await insist(headers);
        expect(body.accepted + body.repeated).toBe(100);
        // A key tells that the request is the same one, so all of it is its own.
        if (headers['idempotency-key']) expect(body).toEqual({ accepted: 100, repeated: 0 });
        const { days, sums } = await usage();
        expect(days).toHaveLength(7);
        expect(sums).toEqual({ bytesIn: 100_000, bytesOut: 10_000 });
        if (stopped) continue;
        expect(nth).toBeGreaterThan(3);
        return;
      }
    },
  );
});
