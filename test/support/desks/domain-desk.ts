import { expect } from 'vitest';
import { type BillingDesk, billingDesk } from './billing-desk.ts';

export const comPrice = {
  prices: {
    GBP: { years: { 1: 1000, 2: 1900, 3: 2700, 5: 4500 }, graceFee: 500, redemptionFee: 8000 },
  },
  minYears: 1,
  maxYears: 10,
  maxTermYears: 10,
  maxAdvanceDays: 400,
  graceDays: 30,
  redemptionDays: 30,
};

/** An account that may have domains renewed: a price for .com, and staff who add domains. */
export async function domainDesk() {
  const desk = await billingDesk();
  const priced = await desk.portal.call('stan', 'PUT', '/v1/staff/domain-prices/com', { body: comPrice });
  expect(priced).toMatchObject({ status: 200 });
  return {
    ...desk,
    /** A domain of .com that expires on a day; its id. */
    async domain(name: string, expiresOn: string, extra: Record<string, unknown> = {}): Promise<string> {
      const made = await desk.staff('POST', '/domains', {
        name: `${name}.com`,
        registeredOn: '2020-01-01',
        expiresOn,
        ...extra,
      });
      expect(made).toMatchObject({ status: 201 });
      return made.body.id as string;
    },
    renewals: (renewals: { domainId: string; years: number }[]) =>
      desk.owner('POST', '/cart/domain-renewals', { renewals }),
    checkout: (body: object = {}, headers: Record<string, string> = {}) =>
      desk.owner('POST', '/cart/checkout', body, headers),
    /** Pays all that is due from credit that staff have given for it. */
    async payAll(): Promise<void> {
      const { id, totals } = await desk.summary();
      await desk.staff('POST', '/credit', { amount: totals.due, reason: 'To pay with' });
      expect(await desk.pay(id, 'credit')).toMatchObject({ status: 200, body: { status: 'succeeded' } });
      await desk.portal.deliver();
      await desk.portal.passRenewals();
      await desk.portal.deliver();
    },
  } satisfies BillingDesk & Record<string, unknown>;
}

export type DomainDesk = Awaited<ReturnType<typeof domainDesk>>;
