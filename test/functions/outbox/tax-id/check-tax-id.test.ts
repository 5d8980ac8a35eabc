import { beforeEach, describe, expect, test } from 'vitest';
import type { TaxIdRegistry } from '../../../../shared/accounts/tax-id/tax-id-check.ts';
import { MemoryPortal } from '../../../support/memory/memory-portal.ts';

let portal: MemoryPortal;
let accountId: string;
let ownerId: string;
let path: string;
/** What the registry was asked, and what it answers next. */
let asked: Parameters<TaxIdRegistry['check']>[];
let says: Awaited<ReturnType<TaxIdRegistry['check']>>;

beforeEach(async () => {
  portal = new MemoryPortal();
  ({ accountId, ownerId } = await portal.createAccount('Acme', 'owner@acme.test'));
  path = `/v1/accounts/${accountId}`;
  [asked, says] = [[], { state: 'valid', answer: { requestIdentifier: 'W1' } }];
  portal.taxIds = {
    check: async (...question) => {
      asked.push(question);
      return says;
    },
  };
  await portal.deliver();
});

const change = async (body: object, userId = ownerId) => {
  const { status } = await portal.call(userId, 'PATCH', path, { body });
  expect(status).toBe(200);
};
const read = async (userId = ownerId) => (await portal.call(userId, 'GET', path)).body;
const found = async () => (await read()).taxIdCheck;
const stored = async () => (await portal.people.account(accountId))!.taxIdCheck;
const french = { taxId: 'FR 83 404 833 048', address: { country: 'FR' } };
/** So many hours later the sweep comes by. */
const later = async (hours: number) => {
  portal.advance(hours * 3600);
  await portal.sweep();
};
const openTasks = () => portal.table.all().filter(({ pk }) => pk.startsWith('OUTBOX#'));

describe('a tax id', () => {
  test('is looked at once it is in the profile, and the registry’s answer is kept', async () => {
    expect(await found()).toBeNull();
    await change(french);
    expect(await found()).toEqual({ state: 'unknown', at: null });
    await portal.deliver();
    expect(asked).toEqual([[{ prefix: 'FR', number: '83404833048', inVies: true }, undefined]]);
    const at = portal.now.toISOString();
    expect(await found()).toEqual({ state: 'valid', at });
    const answer = { requestIdentifier: 'W1' };
    expect(await stored()).toEqual({ taxId: french.taxId, state: 'valid', at, answer });
    expect(openTasks()).toEqual([]);
  });

  test('is asked for in the provider’s name, where VIES knows such', async () => {
    const set = (taxId: string) =>
      portal.call('ada', 'PUT', '/v1/staff/settings', { body: { 'provider.taxId': taxId } });
    portal.addStaff('ada');
    await set('DE123456789');
    await change(french);
    await portal.deliver();
    expect(asked[0]![1]).toMatchObject({ prefix: 'DE', number: '123456789' });
  });

  test('of a new account is looked at too', async () => {
    portal.addStaff('stan');
    const owner = { name: 'Bea', email: 'bea@beta.test', password: 'Correct-Horse-1' };
    const body = { name: 'Beta', owner, ...french };
    const made = await portal.call('stan', 'POST', '/v1/staff/accounts', { body });
    await portal.deliver();
    expect((await portal.people.account(made.body.id))!.taxIdCheck).toMatchObject({ state: 'valid' });
  });

  test.each([
    ['of a wrong form', { ...french, taxId: 'FR123' }, 'invalid'],
    ['of another country than the account', { ...french, address: { country: 'BE' } }, 'invalid'],
    [
      'of the form of a country without registry',
      { taxId: 'GB980780684', address: { country: 'GB' } },
      'valid',
    ],
    [
      'with wrong check digits in such a country',
      { taxId: 'GB980780685', address: { country: 'GB' } },
      'invalid',
    ],
    ['of a country whose forms nobody knows', { taxId: '12-3456789', address: { country: 'US' } }, 'unknown'],
    ['of an account that names no country', { taxId: 'FR83404833048' }, 'unknown'],
  ])('%s asks nobody', async (_, profile, state) => {
    await change(profile);
    await portal.deliver();
    expect(await found()).toEqual({ state, at: portal.now.toISOString() });
    expect(asked).toEqual([]);
    expect(openTasks()).toEqual([]);
  });

  test('is looked at as of the country that the account has by now', async () => {
    await change(french);
    await change({ address: { country: 'BE' } });
    await portal.deliver();
    expect([(await found()).state, asked]).toEqual(['invalid', []]);
  });

  test('that is there again before anybody looked is asked for once', async () => {
    await change(french);
    await change({ taxId: null });
    await change(french);
    await portal.deliver();
    expect([(await found()).state, asked.length]).toEqual(['valid', 1]);
  });

  test('that the registry does not know is invalid, and is not asked for again', async () => {
    says = { state: 'invalid' };
    await change(french);
    await portal.deliver();
    await later(48);
    expect([asked.length, (await found()).state]).toEqual([1, 'invalid']);
  });
});

describe('while the registry does not answer', () => {
  beforeEach(async () => {
    says = { state: 'unknown' };
    await change(french);
    await portal.deliver();
  });

  test('it is asked again and again, later each time, a day apart at most, until it does', async () => {
    expect((await found()).state).toBe('unknown');
    const waits: number[] = [];
    let minutes = 0;
    const end = 6 * 24 * 60;
    for (let now = 1; now <= end; now++) {
      await later(1 / 60);
      minutes++;
      if (asked.length === waits.length + 2) {
        waits.push(minutes);
        minutes = 0;
      }
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440, 1440, 1440, 1440]);
    says = { state: 'valid' };
    await later(24);
    expect((await found()).state).toBe('valid');
    expect(openTasks()).toEqual([]);
  });

  test('nothing is written but once', async () => {
    const before = await portal.people.account(accountId);
    await later(1);
    await later(1);
    expect(asked.length).toBeGreaterThan(1);
    expect(await portal.people.account(accountId)).toEqual(before);
  });

  test('another tax id takes the place of this one, which is not asked for any more', async () => {
    await change({ taxId: 'FR 12 345678901' });
    says = { state: 'valid' };
    await portal.deliver();
    await later(24);
    expect(asked.map(([{ number }]) => number)).toEqual(['83404833048', '12345678901']);
    expect(await stored()).toMatchObject({ taxId: 'FR 12 345678901', state: 'valid' });
  });
});

describe('what was found', () => {
  beforeEach(async () => {
    await change(french);
    await portal.deliver();
  });

  test.each([
    ['another tax id', { taxId: 'FR12345678901' }, { state: 'unknown', at: null }],
    ['another country', { address: { country: 'DE' } }, { state: 'unknown', at: null }],
    ['no tax id', { taxId: null }, null],
  ])('is dropped with %s, at once', async (_, profile, shown) => {
    await change(profile);
    expect(await found()).toEqual(shown);
    expect(await stored()).toBeNull();
  });

  test.each([{ name: 'Renamed' }, { taxId: french.taxId }, { address: { country: 'FR', city: 'Paris' } }])(
    'stays with %j, and nobody is asked',
    async (profile) => {
      const before = await stored();
      await change(profile);
      await portal.deliver();
      expect(await stored()).toEqual(before);
      expect(asked).toHaveLength(1);
    },
  );

  test('is not written to an account that changed while the registry was asked', async () => {
    await change({ taxId: 'FR12345678901' });
    const answer = says;
    portal.taxIds = {
      check: async () => {
        portal.taxIds = { check: async () => ({ state: 'unknown' }) };
        await change({ taxId: 'FR99999999999' });
        return answer;
      },
    };
    await portal.deliver();
    expect(await stored()).toBeNull();
    expect(openTasks()).toHaveLength(1);
    await portal.deliver();
    expect(await stored()).toMatchObject({ taxId: 'FR99999999999', state: 'unknown' });
  });

  test('is for those to see who see the tax id', async () => {
    const person = async (permission: string) =>
      (await portal.createSubAccount(ownerId, accountId, `${permission}@acme.test`, [permission])).userId;
    expect(await read(await person('profile'))).toMatchObject({ taxIdCheck: { state: 'valid' } });
    expect(await read(await person('invoices'))).not.toHaveProperty('taxIdCheck');
  });

  test('is in the log, each time that it becomes something else', async () => {
    const { items } = (await portal.call(ownerId, 'GET', `${path}/activity`)).body;
    const checked = items.filter(({ action }: any) => action === 'tax-id.checked');
    expect(checked).toMatchObject([{ actor: { kind: 'system' }, before: null, after: { state: 'valid' } }]);
  });
});
