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
  /** What the active services cost a month, before tax. */
  totalServiceCost: money,
  linkedAt: z.string(),
  accountId: z.string(),
  accountName: z.string(),
  href: z.string(),
});

export const linkedQuery = z.strictObject({ ...listQuery, status: status.optional() });

/** With `dryRun`, what would come of it is said, and nothing is done. */
export const dryRunQuery = z.strictObject({ dryRun: z.enum(['true', 'false']).optional() });

export const putMainAccount = z.strictObject({ mainAccountId: z.string().min(1).max(64), kind });

const place = z.object({ mainAccountId: z.string(), mainAccountName: z.string(), kind }).nullable();

/** What linking or unlinking does to what is open: of each list a hundred at most. */
export const linkChange = z.object({
  accountId: z.string(),
  dryRun: z.boolean(),
  before: place,
  after: place,
  effects: z.object({
    /** They stay with the account that owes them. */
    invoices: z.array(
      z.object({ id: z.string(), number: z.string().nullable(), balance: money, owedBy: z.string() }),
    ),
    /** Open orders, and the status each has afterwards. */
    orders: z.array(z.object({ id: z.string(), status: z.string(), becomes: z.string() })),
    /** Who is billed for the next period, from `nextDueOn` on. */
    services: z.array(z.object({ id: z.string(), name: z.string(), nextDueOn: day, billedTo: z.string() })),
    domains: z.array(z.object({ id: z.string(), name: z.string(), nextDueOn: day, billedTo: z.string() })),
  }),
});
