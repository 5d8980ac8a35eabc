import { describe, expect, inject, test } from 'vitest';
import { type Answered, PortalClient } from '../../../support/local/portal-client.ts';
import {
  adjustCredit,
  asStaff,
  books,
  day,
  expectExplained,
  expectStaffOnly,
  gbp,
  line,
  nothing,
  ownerOf,
  raise,
  receive,
} from '../money.ts';
import { addSubAccount, nobody, openAccount, problemType, withoutRequestId } from '../../people.ts';

const client = new PortalClient(inject('portal'));

const asOwner = ownerOf(client);

describe('whoever asks', () => {
  test('without a token is unauthorized, without `invoices` is told why, and is no staff', async () => {
    const account = await openAccount(client);
    const { id } = await raise(client, account, 1000);
    const payment = (await receive(client, account, id, 100)).body;
    const person = await addSubAccount(client, account, ['tickets', 'quotes']);
    const reader = await addSubAccount(client, account, ['invoices']);
    await client.until(async () => (await asOwner(account, 'GET', `/invoices/${id}/pdf`)).status === 200);
    const before = await books(client, account);
    const opened: [string, string, unknown?][] = [
      ['GET', '/invoices'],
      ['GET', `/invoices/${id}`],
      ['GET', `/invoices/${id}/pdf`],
      ['POST', `/invoices/${id}/credit`, {}],
      ['GET', '/credit'],
      ['GET', '/payments'],
      ['GET', `/payments/${payment.id}`],
    ];
    const staffs: [string, string, unknown?][] = [
      ['POST', '/invoices', { lines: [line(1)], dueOn: day(14) }],
      ['POST', `/invoices/${id}/issue`],
      ['POST', `/invoices/${id}/cancel`],
      [
        'POST',
        `/invoices/${id}/payments`,
        { amount: gbp(900), method: 'cash', reference: 'Mine', receivedOn: day(-1) },
      ],
      ['POST', `/payments/${payment.id}/refunds`, { reason: 'Mine' }],
      ['POST', '/credit', { amount: gbp(1_000_000), reason: 'Mine' }],
    ];
    for (const [method, path, body] of opened) {
      const call = (token: string | null): Promise<Answered> =>
        client.call(token, method, `${account.path}${path}`, body);
      const out = await call(nobody);
      expect(out, path).toMatchObject({ status: 401, body: { message: 'Unauthorized' } });
      expectExplained(await call(person.token), 'invoices');
      if (method === 'GET') expect((await call(reader.token)).status, path).toBe(200);
    }
    for (const [method, path, body] of staffs) {
      expect((await client.call(nobody, method, `${account.path}${path}`, body)).status, path).toBe(401);
      for (const token of [account.owner.token, reader.token])
        expectStaffOnly(await client.call(token, method, `${account.path}${path}`, body));
    }
    expect(await books(client, account)).toEqual(before);
  });

  test('for what is another account’s finds nothing there, staff neither', async () => {
    const [mine, theirs] = [await openAccount(client), await openAccount(client)];
    const { id } = await raise(client, theirs, 1000);
    const draft = await raise(client, theirs, 1000, { draft: true });
    const payment = (await receive(client, theirs, id, 100)).body;
    await adjustCredit(client, mine, 1000);
    const before = [await books(client, mine), await books(client, theirs)];
    const transfer = { amount: gbp(900), method: 'cash', reference: 'Mine', receivedOn: day(-1) };
    const paths = (invoice: string, draft: string, payment: string): [string, string, unknown?][] => [
      ['GET', `/invoices/${invoice}`],
      ['GET', `/invoices/${invoice}/pdf`],
      ['POST', `/invoices/${invoice}/credit`, {}],
      ['GET', `/payments/${payment}`],
      ['POST', `/invoices/${draft}/issue`],
      ['POST', `/invoices/${invoice}/cancel`],
      ['POST', `/invoices/${invoice}/payments`, transfer],
      ['POST', `/payments/${payment}/refunds`, { reason: 'Mine' }],
    ];
    const foreign = paths(id, draft.id, payment.id);
    const none = paths(`inv_${nothing}`, `inv_${nothing}`, `pay_${nothing}`);
    for (const [index, call] of foreign.entries()) {
      const ask = index < 4 ? asOwner : asStaff.bind(null, client);
      const [there, nowhere] = [await ask(mine, ...call), await ask(mine, ...none[index]!)];
      expect(there.status, call.join(' ')).toBe(404);
      expect(there.body.type).toBe(problemType('not-found'));
      expect(withoutRequestId(there)).toEqual(withoutRequestId(nowhere));
      expect((await asOwner({ ...mine, path: theirs.path }, ...call)).status).toBe(404);
    }
    expect([await books(client, mine), await books(client, theirs)]).toEqual(before);
  });
});
