import { secondsToInstant } from '../../../shared/core/clock.ts';
import { notFound } from '../../../shared/core/problem.ts';
import type { PeopleStore } from '../../../shared/accounts/people-store.ts';
import type { Reply } from '../../../shared/write/idempotency.ts';
import { staffView } from '../account.ts';

/** One account as staff look it up. */
export async function showAccount({ people }: { people: PeopleStore }, accountId: string): Promise<Reply> {
  const account = await people.account(accountId);
  if (!account) throw notFound();
  const { mainAccountId, linkKind, nextOwner, owner, version } = account;
  const [login, main, next] = await Promise.all([
    people.login(owner.userId),
    mainAccountId ? people.account(mainAccountId) : undefined,
    nextOwner ? nextOwnerView(people, nextOwner, accountId) : null,
  ]);
  const view = staffView(account);
  const body = {
    ...view,
    owner: { ...view.owner, proven: login?.proven ?? false },
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
  const { name, email } = login;
  return { id: userId, name, email, reason, effectiveAt, accepted: invitation === undefined };
}
