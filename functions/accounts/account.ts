import { type Authority, permissionsOf } from '../../shared/access/decide.ts';
import { includes } from '../../shared/access/permissions.ts';
import { checkOf } from '../../shared/accounts/tax-id/tax-id-check.ts';
import type { Account } from '../../shared/accounts/people.ts';

/** The account as the caller may see it: the card, and what they may change. */
export function accountView(account: Account, authority: Authority) {
  const { id, name, address, taxId, currency, language = 'en', autoPayFromCredit = false } = account;
  const held = permissionsOf(authority);
  const card = { id, name, address, ...(includes(held, 'invoices') ? { autoPayFromCredit } : {}) };
  if (!includes(held, 'profile')) return card;
  const { emailPreferences } = account.owner;
  const { state = 'unknown', at = null } = checkOf(account) ?? {};
  const taxIdCheck = taxId === null ? null : { state, at };
  return { ...card, taxId, taxIdCheck, currency, language, emailPreferences, autoPayFromCredit };
}

/** The account as staff see it, with what is to be told of its owner's address. */
export function staffView(account: Account, bounced: { emailBounced?: { at: string; reason: string } }) {
  const { userId, name, email } = account.owner;
  const { status = 'active', billingMode = 'recurring' } = account;
  const { mainAccountId = null, linkKind = null, linkedAccounts = 0 } = account;
  const link = { mainAccountId, linkKind, linkedAccounts };
  return {
    ...account,
    owner: { id: userId, name, email, ...bounced },
    status,
    billingMode,
    ...link,
  };
}
