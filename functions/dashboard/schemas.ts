import * as z from 'zod';
import { linkKinds } from '../../shared/access/link.ts';
import { money } from '../../shared/http/schemas.ts';
import { accountStatuses } from '../../shared/accounts/people.ts';

const count = z.int();
const status = z.enum(accountStatuses);

/** Each area is present only if the caller may see it. */
const areas = z.object({
  /** The monthly cost of the active services is before tax. */
  products: z.object({ active: count, paused: count, monthlyCost: money }).optional(),
  /** Of the first thousand. `active` includes domains expiring within 30 days; expired ones can still be redeemed. */
  domains: z.object({ active: count, expiringSoon: count, expired: count }).optional(),
  /** Of the 500 due first. Sums are in the account's currency; invoices in other currencies are only counted. */
  invoices: z.object({ unpaid: count, overdue: count, due: money, credit: money }).optional(),
  /** Of the latest hundred. */
  quotes: z.object({ open: count }).optional(),
  /** `open` counts tickets neither answered nor closed; at most a hundred of each status are counted. */
  tickets: z.object({ open: count, answered: count }).optional(),
  /** Of the latest hundred orders of the account and, for a main account to decide, of its linked accounts. */
  orders: z
    .object({ awaitingMainAccount: count, awaitingPayment: count, awaitingActivation: count })
    .optional(),
  'linked-accounts': z.object({ count }).optional(),
});

export const dashboard = z.object({
  account: z.object({ id: z.string(), name: z.string(), status }),
  areas,
  /** The five linked last, latest first. */
  linkedAccounts: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      status,
      kind: z.enum(linkKinds),
      linkedAt: z.string(),
      href: z.string(),
    }),
  ),
  /** Of the latest hundred that the caller may see: 100 means a hundred or more. */
  unreadNotifications: count,
});
