import type * as z from 'zod';
import { newVersion } from '../../shared/core/ids.ts';
import { notFound } from '../../shared/core/problem.ts';
import { type RequestContext, requireMatch } from '../../shared/http/request.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { nameRows } from '../../shared/accounts/account-names.ts';
import { accountRows, type PeopleStore } from '../../shared/accounts/people-store.ts';
import type { Account } from '../../shared/accounts/people.ts';
import { payingContext } from '../../shared/payments/paying.ts';
import { commit, type WriteDependencies } from '../../shared/write/commit.ts';
import { accountView, staffView } from './account.ts';
import type { changeProfile as schema, changeStaffAccount as statusSchema } from './schemas.ts';

export interface AccountDependencies extends WriteDependencies {
  people: PeopleStore;
}

/** Changes the given fields of the profile. */
export async function changeProfile(
  dependencies: AccountDependencies,
  context: RequestContext,
  input: z.output<typeof schema>,
): Promise<Reply> {
  const before = await dependencies.people.account(context.accountId);
  if (!before) throw notFound();
  requireMatch(context, before.version);
  const { emailPreferences, name, address, taxId, autoPayFromCredit } = input;
  // Whoever has credit spent by itself spends it.
  if (autoPayFromCredit !== undefined) await payingContext(dependencies, context, before.id);
  const after: Account = {
    ...before,
    name: name ?? before.name,
    address: address ?? before.address,
    taxId: taxId === undefined ? before.taxId : taxId,
    autoPayFromCredit: autoPayFromCredit ?? before.autoPayFromCredit ?? false,
    owner: {
      ...before.owner,
      emailPreferences: { ...before.owner.emailPreferences, ...emailPreferences },
    },
    version: newVersion(),
  };
  await commit(dependencies, context, {
    actions: [
      ...accountRows(after, { version: before.version }),
      ...(after.name === before.name ? [] : nameRows(after, before.name)),
    ],
    activity: [
      {
        accountId: after.id,
        action: 'profile.changed',
        subject: { kind: 'account', id: after.id, name: after.name },
        before: profileOf(before),
        after: profileOf(after),
      },
    ],
    outbox: [],
  });
  return { body: accountView(after, context.authority), version: after.version };
}

/** Changes an account's status and billing mode (staff). */
export async function changeAccountStatus(
  dependencies: AccountDependencies,
  context: RequestContext,
  accountId: string,
  input: z.output<typeof statusSchema>,
): Promise<Reply> {
  const before = await dependencies.people.account(accountId);
  if (!before) throw notFound();
  requireMatch(context, before.version);
  const statusFields = ({ status = 'active', billingMode = 'recurring' }: Account) => ({
    status,
    billingMode,
  });
  const statusBefore = statusFields(before);
  const after: Account = {
    ...before,
    status: input.status ?? statusBefore.status,
    billingMode: input.billingMode ?? statusBefore.billingMode,
    version: newVersion(),
  };
  await commit(dependencies, context, {
    actions: accountRows(after, { version: before.version }),
    activity: [
      {
        accountId,
        action: 'account.changed',
        subject: { kind: 'account', id: accountId, name: after.name },
        before: statusBefore,
        after: statusFields(after),
      },
    ],
    outbox: [],
  });
  return { body: staffView(after), version: after.version };
}

function profileOf({ name, address, taxId, owner, autoPayFromCredit = false }: Account) {
  return { name, address, taxId, autoPayFromCredit, emailPreferences: owner.emailPreferences };
}
