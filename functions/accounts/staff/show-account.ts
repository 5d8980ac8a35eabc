import { secondsToInstant } from '../../../shared/core/clock.ts';
import { notFound } from '../../../shared/core/problem.ts';
import type { PeopleStore } from '../../../shared/accounts/people-store.ts';
import type { Reply } from '../../../shared/write/idempotency.ts';
import { normalAddress } from '../../../shared/accounts/keys.ts';
import type { Account } from '../../../shared/accounts/people.ts';
import { nextOwnersName } from '../../../shared/accounts/ownership/ownership.ts';
import { bouncedFor, type DeadAddressStore } from '../../../shared/mail/delivery/dead-addresses.ts';
import { staffView } from '../account.ts';

export interface ShowAccountDependencies {
  people: PeopleStore;
  deadAddresses: DeadAddressStore;
}

/** Accounts as staff see them, each with whether mail to its owner bounced. */
export async function staffViews(
  { deadAddresses }: Pick<ShowAccountDependencies, 'deadAddresses'>,
  accounts: readonly Account[],
) {
  const dead = await deadAddresses.dead(accounts.map(({ owner }) => owner.email));
  return accounts.map((account) =>
    staffView(account, bouncedFor(dead.get(normalAddress(account.owner.email)), null)),
  );
}

/** One account as staff look it up. */
export async function showAccount(dependencies: ShowAccountDependencies, accountId: string): Promise<Reply> {
  const { people } = dependencies;
  const account = await people.account(accountId);
  if (!account) throw notFound();
  const { mainAccountId, linkKind, nextOwner, owner, version } = account;
  const [login, main, next, [view]] = await Promise.all([
    people.login(owner.userId),
    mainAccountId ? people.account(mainAccountId) : undefined,
    nextOwner ? nextOwnerView(people, nextOwner, accountId) : null,
    staffViews(dependencies, [account]),
  ]);
  const body = {
    ...view!,
    owner: { ...view!.owner, proven: login?.proven ?? false },
    nextOwner: next,
    mainAccount: main && linkKind ? { id: main.id, name: main.name, kind: linkKind } : null,
  };
  return { body, version };
}

async function nextOwnerView(people: PeopleStore, userId: string, accountId: string) {
  const [login, ownership] = await Promise.all([people.login(userId), people.ownership(userId, accountId)]);
  if (!login || !ownership) return null;
  const { reason, effectiveAtSeconds, invitation } = ownership;
  const effectiveAt = secondsToInstant(effectiveAtSeconds);
  const name = nextOwnersName(ownership, login);
  return { id: userId, name, email: login.email, reason, effectiveAt, accepted: invitation === undefined };
}
