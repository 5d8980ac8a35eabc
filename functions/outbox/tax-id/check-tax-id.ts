import type { Account, TaxIdState } from '../../../shared/accounts/people.ts';
import { accountRows, type PeopleStore } from '../../../shared/accounts/people-store.ts';
import { countryOf } from '../../../shared/accounts/tax-id/country.ts';
import { checkOf, type TaxIdRegistry } from '../../../shared/accounts/tax-id/tax-id-check.ts';
import { numberOf, viesNumberOf } from '../../../shared/accounts/tax-id/tax-id-forms.ts';
import { toInstant } from '../../../shared/core/clock.ts';
import { newVersion } from '../../../shared/core/ids.ts';
import type { StoredSettings } from '../../../shared/settings/settings.ts';
import {
  commit,
  portalContext,
  retryWhileStale,
  type WriteDependencies,
} from '../../../shared/write/commit.ts';
import type { OutboxTasks } from '../../../shared/write/outbox-task.ts';

export interface TaxIdDependencies extends WriteDependencies {
  people: PeopleStore;
  taxIds: TaxIdRegistry;
  settings(): Promise<StoredSettings>;
}

type Asked = OutboxTasks['check-tax-id'];
type Found = Awaited<ReturnType<TaxIdRegistry['check']>> & { askAgain?: true };

const firstDelaySeconds = 60;
const longestDelaySeconds = 24 * 60 * 60;

/** How long after so many attempts the registry is asked again: twice as long each time, a day at most. */
const delaySeconds = (attempts: number) =>
  Math.min(longestDelaySeconds, firstDelaySeconds * 2 ** Math.min(attempts - 1, 12));

/**
 * Looks at an account's tax id: at its form, and where there is one, in the registry. Says when to ask again where the
 * registry did not answer. An account that has another tax id or country by now is looked at by another task.
 */
export async function checkTaxId(
  dependencies: TaxIdDependencies,
  asked: Asked,
  attempts: number,
  now: Date,
): Promise<Date | null> {
  const account = await stillAsked(dependencies, asked);
  if (!account) return null;
  const { askAgain, ...found } = await find(dependencies, asked);
  await retryWhileStale(async () => {
    const current = await stillAsked(dependencies, asked);
    if (current) await note(dependencies, current, found, now);
  });
  return askAgain ? new Date(now.getTime() + delaySeconds(attempts) * 1000) : null;
}

/** The account, while what is asked is open. */
async function stillAsked(
  { people }: TaxIdDependencies,
  { accountId, taxId, country }: Asked,
): Promise<Account | undefined> {
  const account = await people.account(accountId);
  if (!account || account.taxId !== taxId || countryOf(account) !== country) return undefined;
  const { state = 'unknown' } = checkOf(account) ?? {};
  return state === 'unknown' ? account : undefined;
}

async function find({ taxIds, settings }: TaxIdDependencies, { taxId, country }: Asked): Promise<Found> {
  const number = numberOf(taxId, country);
  if (number === 'wrong') return { state: 'invalid' };
  // Nobody would know it tomorrow either.
  if (number === 'unknown') return { state: 'unknown' };
  if (!number.inVies) return { state: 'valid' };
  const asker = viesNumberOf((await settings()).settings['provider.taxId']);
  const said = await taxIds.check(number, asker);
  return said.state === 'unknown' ? { ...said, askAgain: true } : said;
}

async function note(
  dependencies: TaxIdDependencies,
  account: Account,
  { state, answer }: { state: TaxIdState; answer?: Record<string, string> },
  now: Date,
): Promise<void> {
  const { id: accountId, taxId, name, version } = account;
  const before = checkOf(account)?.state ?? null;
  // Still unknown: there is nothing new to say.
  if (before === state || taxId === null) return;
  const taxIdCheck = { taxId, state, at: toInstant(now), ...(answer ? { answer } : {}) };
  await commit(dependencies, portalContext(now), {
    actions: accountRows({ ...account, taxIdCheck, version: newVersion() }, { version }),
    activity: [
      {
        accountId,
        action: 'tax-id.checked',
        subject: { kind: 'account', id: accountId, name },
        before: before && { state: before },
        after: { state },
      },
    ],
    outbox: [],
  });
}
