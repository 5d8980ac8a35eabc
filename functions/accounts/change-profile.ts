import { isDeepStrictEqual } from 'node:util';
import type * as z from 'zod';
import { newVersion } from '../../shared/core/ids.ts';
import { faultOfName } from '../../shared/core/plain-name.ts';
import { invalid, notFound } from '../../shared/core/problem.ts';
import { type RequestContext, requireMatch } from '../../shared/http/request.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { nameRows } from '../../shared/accounts/account-names.ts';
import { accountRows, type PeopleStore } from '../../shared/accounts/people-store.ts';
import type { Account } from '../../shared/accounts/people.ts';
import { withTaxIdToCheck } from '../../shared/accounts/tax-id/tax-id-check.ts';
import { profileActivity, profileOf } from '../../shared/accounts/profile.ts';
import { commit, type WriteDependencies } from '../../shared/write/commit.ts';
import type { MailTask } from '../../shared/mail/mail-task.ts';
import type { DeadAddressStore } from '../../shared/mail/delivery/dead-addresses.ts';
import { byTheProvider } from '../../shared/mail/provider-word.ts';
import { fieldNames, isOwner, type ProfileChange, profileFields, requireFields } from './profile-fields.ts';
import { showCard } from './show-card.ts';
import { currencyChange } from './staff/change-currency.ts';
import { staffViews } from './staff/show-account.ts';
import type { changeStaffAccount as statusSchema } from './schemas.ts';

export interface AccountDependencies extends WriteDependencies {
  people: PeopleStore;
  deadAddresses: DeadAddressStore;
}

/**
 * Changes the given fields of the profile, where each is the caller's to change. The owner is told by mail of what
 * somebody else changed.
 */
export async function changeProfile(
  dependencies: AccountDependencies,
  context: RequestContext,
  input: ProfileChange,
): Promise<Reply> {
  const before = await dependencies.people.account(context.accountId);
  if (!before) throw notFound();
  requireFields(context, before, input);
  requireMatch(context, before.version);
  requireName(context, before, input.name);
  const { emailPreferences, name, address, taxId, language, autoPayFromCredit, currency } = input;
  const changes: Account = {
    ...before,
    name: name ?? before.name,
    address: address ?? before.address,
    taxId: taxId === undefined ? before.taxId : taxId,
    currency: currency ?? before.currency,
    ...(language === undefined ? {} : { language }),
    autoPayFromCredit: autoPayFromCredit ?? before.autoPayFromCredit ?? false,
    owner: {
      ...before.owner,
      emailPreferences: { ...before.owner.emailPreferences, ...emailPreferences },
    },
    version: newVersion(),
  };
  const { account: after, outbox } = withTaxIdToCheck(before, changes);
  const changed = changedFields(before, after);
  const body = await showCard(dependencies, context, after);
  if (changed.length === 0) return { body, version: before.version };
  const along =
    after.currency === before.currency
      ? { actions: [], activity: [], linked: [] }
      : await currencyChange(dependencies, before, after.currency, context.now);
  await commit(dependencies, context, {
    actions: [
      ...accountRows(after, { version: before.version }),
      ...(after.name === before.name ? [] : nameRows(after, before.name)),
      ...along.actions,
    ],
    activity: [profileActivity(before, after), ...along.activity],
    outbox: [
      ...outbox,
      ...(isOwner(context.authority) ? [] : [ownersNotice(context, before, changed)]),
      ...along.linked.map((linked) => ownersNotice(context, linked, ['currency'])),
    ],
  });
  return { body, version: after.version };
}

/**
 * The account's name is in invitations to strangers, so clients may not make a link of it. Staff may: companies are called
 * by their domains too.
 * @throws Problem for another name that could lead somewhere
 */
function requireName({ authority }: RequestContext, before: Account, name: string | undefined): void {
  if (name === undefined || name === before.name || authority.kind === 'staff') return;
  const message = faultOfName(name);
  if (message !== null) throw invalid([{ path: 'name', code: 'wrong-format', message }]);
}

function changedFields(before: Account, after: Account) {
  const [old, now] = [profileOf(before), profileOf(after)];
  return profileFields.filter((field) => !isDeepStrictEqual(old[field], now[field]));
}

/** The mail to the owner about a change that it did not make; it cannot be switched off. */
function ownersNotice(
  { actor, providerName }: RequestContext,
  { id, name }: Account,
  changed: ReturnType<typeof changedFields>,
): MailTask {
  const by =
    actor.kind === 'staff' ? byTheProvider({ providerName }) : { data: { changedBy: actor.name }, words: {} };
  return {
    kind: 'mail',
    template: 'account-changed',
    accountId: id,
    mailKind: 'general',
    audience: { kind: 'owner' },
    data: { accountName: name, ...by.data, changes: changed.map((field) => fieldNames[field]) },
    words: { changes: changed.map((field) => ({ key: `profile.${field}` as const })), ...by.words },
    thread: null,
    inReplyTo: null,
  };
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
  const [body] = await staffViews(dependencies, [after]);
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
  return { body, version: after.version };
}
