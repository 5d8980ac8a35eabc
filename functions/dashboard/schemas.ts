import * as z from 'zod';
import { linkKinds } from '../../shared/access/link.ts';
import { money } from '../../shared/http/schemas.ts';
import { accountStatuses } from '../../shared/accounts/people.ts';

const count = z.int();
const status = z.enum(accountStatuses);

/** Each is there only for those who may see the area. */
const areas = z.object({
  /** What the active ones cost a month is before tax. */
  products: z.object({ active: count, paused: count, monthlyCost: money }).optional(),
  /** Of the first thousand. Those expiring within 30 days are among the active ones; expired ones can be redeemed. */
  domains: z.object({ active: count, expiringSoon: count, expired: count }).optional(),
  /** Of the 500 that are due first; sums are in the account's currency, invoices in another one are only counted. */
  invoices: z.object({ unpaid: count, overdue: count, due: money, credit: money }).optional(),
  /** Of the latest hundred. */
  quotes: z.object({ open: count }).optional(),
  /** Open is what was not answered and not closed; of each status a hundred at most are counted. */
  tickets: z.object({ open: count, answered: count }).optional(),
  /** Of the latest hundred of the account, for it and beneath it: those are a main account's to decide. */
  orders: z
    .object({ awaitingMainAccount: count, awaitingPayment: count, awaitingActivation: count })
    .optional(),
  'linked-accounts': z.object({ count }).optional(),
});

export const dashboard = z.object({
  account: z.object({ id: z.string(), name: z.string(), status }),
  areas,
  /** The five that were linked last, the latest first. */
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
  /** Of the latest hundred that the caller may see: 100 stands for a hundred or more. */
  unreadNotifications: count,
});
