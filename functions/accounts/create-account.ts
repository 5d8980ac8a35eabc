import type * as z from 'zod';
import { permissionKeys } from '../../shared/access/permissions.ts';
import { toInstant } from '../../shared/core/clock.ts';
import { newId, newVersion } from '../../shared/core/ids.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { admit, type LoginDependencies } from '../../shared/accounts/logins/admission.ts';
import { normalAddress } from '../../shared/accounts/keys.ts';
import { everyMailKind } from '../../shared/accounts/mail-kinds.ts';
import { ownerAddressRows } from '../../shared/accounts/organisation.ts';
import { accountRows, memberRow } from '../../shared/accounts/people-store.ts';
import { withTaxIdToCheck } from '../../shared/accounts/tax-id/tax-id-check.ts';
import { type Account, ownName } from '../../shared/accounts/people.ts';
import { providerCurrency, readSettings } from '../../shared/settings/settings.ts';
import { commit } from '../../shared/write/commit.ts';
import { bouncedFor } from '../../shared/mail/delivery/dead-addresses.ts';
import { accountInvitation } from '../../shared/mail/invitations/invitation-mail.ts';
import { staffView } from './account.ts';
import type { AccountDependencies } from './change-profile.ts';
import type { createAccount as schema } from './schemas.ts';

export interface CreateAccountDependencies extends AccountDependencies, LoginDependencies {}

/** Creates an account with its owner, who gets a new login or keeps the one their address has. */
export async function createAccount(
  dependencies: CreateAccountDependencies,
  context: RequestContext,
  input: z.output<typeof schema>,
  id = newId('account', context.now),
): Promise<Reply> {
  const { owner } = input;
  const { now } = context;
  const dead = await dependencies.deadAddresses.dead([owner.email]);
  const admission = await admit(dependencies, { ...owner, password: owner.password ?? null }, now);
  const { userId, email } = admission.login;
  // What others call a login may be anybody's word.
  const name = ownName(admission.login) ?? owner.name;
  const account: Account = {
    id,
    name: input.name,
    address: input.address ?? {},
    taxId: input.taxId ?? null,
    currency: input.currency ?? providerCurrency((await readSettings(dependencies.table)).settings),
    status: input.status,
    billingMode: input.billingMode,
    owner: { userId, name, email, emailPreferences: everyMailKind },
    version: newVersion(),
    createdAt: toInstant(now),
  };
  const { outbox } = withTaxIdToCheck({ taxId: null, address: account.address }, account);
  const reply = {
    body: staffView(account, bouncedFor(dead.get(normalAddress(email)), null)),
    location: `/v1/accounts/${id}`,
  };
  const membership = {
    accountId: id,
    role: 'owner' as const,
    contactId: null,
    permissions: [...permissionKeys],
    expiresAtSeconds: null,
    ...(admission.invitation === undefined ? {} : { invitation: admission.invitation }),
  };
  const change = {
    actions: [
      ...accountRows(account, 'new'),
      ...ownerAddressRows(account, null, account.createdAt),
      memberRow(userId, membership),
      ...admission.actions,
    ],
    activity: [
      {
        accountId: id,
        action: 'account.created',
        subject: { kind: 'account', id, name: account.name },
        before: null,
        after: { name: account.name, owner: name },
      },
    ],
    outbox: [
      ...outbox,
      ...admission.outbox,
      ...accountInvitation({
        admission,
        account,
        person: { name: owner.name, contactId: null },
        permissions: membership.permissions,
        by: context.actor.name,
      }),
    ],
    answer: reply,
  };
  await admission.complete(() => commit(dependencies, context, change));
  return reply;
}
