import type { Activity } from '../write/activity.ts';
import type { Account } from './people.ts';

/** What the activity log keeps of an account's profile. */
export function profileOf({
  name,
  address,
  taxId,
  owner,
  currency,
  language = 'en',
  autoPayFromCredit = false,
}: Account) {
  return {
    name,
    address,
    taxId,
    currency,
    language,
    autoPayFromCredit,
    emailPreferences: owner.emailPreferences,
  };
}

export function profileActivity(before: Account, after: Account): Activity {
  return {
    accountId: after.id,
    action: 'profile.changed',
    subject: { kind: 'account', id: after.id, name: after.name },
    before: profileOf(before),
    after: profileOf(after),
  };
}
