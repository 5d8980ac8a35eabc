import * as z from 'zod';
import { linkKinds } from '../../shared/access/link.ts';
import { addressFields, day, listQuery, money } from '../../shared/http/schemas.ts';
import { accountStatuses, billingModes } from '../../shared/accounts/people.ts';

const kind = z.enum(linkKinds);
const status = z.enum(accountStatuses);

export const linkedAccount = z.object({
  id: z.string(),
  name: z.string(),
  kind,
  status,
  address: z.object(addressFields),
  activeServices: z.int(),
  billingMode: z.enum(billingModes),
  /** The monthly cost of the active services, before tax. */
  totalServiceCost: money,
  linkedAt: z.string(),
  accountId: z.string(),
  accountName: z.string(),
  href: z.string(),
});

export const linkedQuery = z.strictObject({ ...listQuery, status: status.optional() });

/** With `dryRun` the effects are described and nothing is changed. */
export const dryRunQuery = z.strictObject({ dryRun: z.enum(['true', 'false']).optional() });

export const putMainAccount = z.strictObject({ mainAccountId: z.string().min(1).max(64), kind });

const link = z.object({ mainAccountId: z.string(), mainAccountName: z.string(), kind }).nullable();

/** The effects of linking or unlinking, at most a hundred entries in each list. */
export const linkChange = z.object({
  accountId: z.string(),
  dryRun: z.boolean(),
  before: link,
  after: link,
  effects: z.object({
    /** The account’s change to the currency of its main account; null where it has it already. */
    currency: z.object({ before: z.string(), after: z.string() }).nullable(),
    /** Unpaid invoices, which stay with the account that owes them. */
    invoices: z.array(
      z.object({ id: z.string(), number: z.string().nullable(), balance: money, owedBy: z.string() }),
    ),
    /** Open orders, each with its status afterwards. */
    orders: z.array(z.object({ id: z.string(), status: z.string(), becomes: z.string() })),
    /** The account billed for the next period, from `nextDueOn` on. */
    services: z.array(z.object({ id: z.string(), name: z.string(), nextDueOn: day, billedTo: z.string() })),
    domains: z.array(z.object({ id: z.string(), name: z.string(), nextDueOn: day, billedTo: z.string() })),
  }),
});
