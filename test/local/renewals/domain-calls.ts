import { expect } from 'vitest';
import type { Answered, PortalClient } from '../../support/local/portal-client.ts';
import { asStaff, day } from '../money/money.ts';
import { type Account, allOf, type Json, staffEmail, unique } from '../people.ts';

export const wishes = (tld: string, offset: number, more: object = {}): Json => ({
  name: `${unique('d')}.${tld}`,
  registeredOn: day(-700),
  expiresOn: day(offset),
  autoRenew: false,
  ...more,
});

/** Calls about the domains of an account, and about what their TLDs cost. */
export function domainCalls(client: PortalClient) {
  /** Sets what a TLD costs in pounds, a year a thousand. */
  async function setPrice(
    tld: string,
    {
      years = { 1: 1000, 2: 2000, 3: 3000 },
      graceFee = 0,
      redemptionFee = 0,
      ...more
    }: { years?: object; graceFee?: number; redemptionFee?: number; [term: string]: unknown } = {},
  ): Promise<Answered> {
    const set = await client.call(await client.token(staffEmail), 'PUT', `/v1/staff/domain-prices/${tld}`, {
      prices: { GBP: { years, graceFee, redemptionFee } },
      minYears: 1,
      maxYears: 10,
      maxTermYears: 10,
      maxAdvanceDays: 365,
      graceDays: 10,
      redemptionDays: 20,
      ...more,
    });
    expect(set.status, JSON.stringify(set.body)).toBe(200);
    return set;
  }

  /** A domain that expires so many days from today. */
  async function addDomain(account: Account, tld: string, offset: number, more: object = {}): Promise<Json> {
    const added = await asStaff(client, account, 'POST', '/domains', wishes(tld, offset, more));
    expect(added.status, JSON.stringify(added.body)).toBe(201);
    return added.body;
  }

  const listed = (account: Account, query = ''): Promise<Json[]> =>
    allOf(client, account.owner.token, `${account.path}/domains${query}`);

  return { addDomain, listed, setPrice };
}
