import type { Answered, PortalClient } from '../../../support/local/portal-client.ts';
import { asStaff, freshKey, ownerOf } from '../money.ts';
import type { Account, Json } from '../../people.ts';

/** Calls of an account’s owner about mass payments, and the refunds of staff. */
export function massPaymentsOf(client: PortalClient) {
  const asOwner = ownerOf(client);

  const readSummary = async (account: Account, id: string): Promise<Json> =>
    (await asOwner(account, 'GET', `/mass-payments/${id}`)).body;

  const giveUp = (account: Account, id: string): Promise<Answered> =>
    asOwner(account, 'POST', `/mass-payments/${id}/cancel`);

  const refund = (account: Account, id: string, body: object, key = freshKey()): Promise<Answered> =>
    asStaff(client, account, 'POST', `/payments/${id}/refunds`, { reason: 'Sorry', ...body }, key);

  return { readSummary, giveUp, refund };
}
