import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningPortal, startPortal } from '../../../../infra/portal/portal.ts';
import { PortalClient } from '../../../support/local/portal-client.ts';
import {
  asStaff,
  begin,
  day,
  gbp,
  line,
  once,
  pay,
  payAll,
  paymentsOf,
  press,
  raise,
  readInvoice,
  summary,
} from '../money.ts';
import { type Account, openAccount, password, problemType, sorted } from '../../people.ts';

describe('in a portal of their own', () => {
  let cloud: RunningPortal;
  let own: PortalClient;

  beforeAll(async () => {
    cloud = await startPortal({ demo: false });
    own = new PortalClient(cloud.portal);
  }, 170_000);

  afterAll(() => cloud.close());

  /** The clock of everything, so many minutes ahead, and everybody signed in again. */
  const later = async (minutes: number, ...accounts: Account[]): Promise<void> => {
    await own.control('clock', { now: new Date(Date.now() + minutes * 60_000).toISOString() });
    own = new PortalClient(cloud.portal);
    for (const account of accounts) account.owner.token = await own.signIn(account.owner.email, password);
  };

  test('twenty invoices at once have numbers without a gap', async () => {
    const accounts = [await openAccount(own), await openAccount(own)];
    const before = await raise(own, accounts[0]!, 100);
    const together = await Promise.all(
      Array.from({ length: 20 }, (_, index) => raise(own, accounts[index % 2]!, 100 + index)),
    );
    expect(before.number).toMatch(/^20\d\d-\d{5}$/);
    const [year, first] = (before.number as string).split('-') as [string, string];
    expect(sorted(together.map((invoice) => invoice.number))).toEqual(
      together.map((_, index) => `${year}-${String(Number(first) + 1 + index).padStart(5, '0')}`),
    );
  });

  test('what time brings: lost answers are found, what was abandoned is let go of, offers end', async () => {
    const account = await openAccount(own);
    const [lost, left] = [await raise(own, account, 1000), await raise(own, account, 500)];
    const offer = await asStaff(own, account, 'POST', '/quotes', {
      subject: 'For a day',
      lines: [line(100)],
      validUntil: day(1),
    });
    expect(offer.status).toBe(201);
    const timedOut = await begin(own, account, [lost.id]);
    expect((await press(timedOut.page, 'timeout')).status).toBe(504);
    const abandoned = await begin(own, account, [left.id]);
    const shown = await summary(own, account, [{ id: left.id, amount: gbp(100) }]);
    expect((await readInvoice(own, account, lost.id)).paid).toEqual(gbp(0));

    await later(1.5, account);
    await own.invoke('payment-janitor', {});
    await once(own, account, timedOut.id, 'succeeded');
    expect(await readInvoice(own, account, lost.id)).toMatchObject({ status: 'paid', paid: gbp(1000) });
    await own.invoke('payment-janitor', {});
    expect(await paymentsOf(own, account)).toHaveLength(1);
    const early = await pay(own, account, shown.id);
    expect(early).toMatchObject({ status: 409, body: { type: problemType('payment-in-progress') } });

    await later(31, account);
    await own.invoke('payment-janitor', {});
    await once(own, account, abandoned.id, 'expired');
    const late = await pay(own, account, shown.id);
    expect(late.status, 'a summary that has expired').toBe(409);
    await once(own, account, shown.id, 'expired');
    await payAll(own, account, [left.id]);
    expect(await readInvoice(own, account, left.id)).toMatchObject({ status: 'paid', paid: gbp(500) });

    await later(3 * 24 * 60, account);
    const quote = `${account.path}/quotes/${offer.body.id}`;
    for (const action of ['accept', 'decline'])
      expect((await own.call(account.owner.token, 'POST', `${quote}/${action}`)).status, action).toBe(409);
    const ended = await own.call(account.owner.token, 'GET', quote);
    expect(ended.body).toMatchObject({ status: 'expired', invoiceId: null });
    expect(await own.invoke('books-check', {})).toMatchObject({ differences: [] });
  });
});
