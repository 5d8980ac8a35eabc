import { notFound } from '../../../shared/core/problem.ts';
import type { PeopleStore } from '../../../shared/accounts/people-store.ts';
import type { Reply } from '../../../shared/write/idempotency.ts';
import { staffView } from '../account.ts';

/** One account as staff look it up. */
export async function showAccount({ people }: { people: PeopleStore }, accountId: string): Promise<Reply> {
  const account = await people.account(accountId);
  if (!account) throw notFound();
  const { mainAccountId, linkKind, owner, version } = account;
  const [login, main] = await Promise.all([
    people.login(owner.userId),
    mainAccountId ? people.account(mainAccountId) : undefined,
  ]);
  const view = staffView(account);
  const body = {
    ...view,
    owner: { ...view.owner, proven: login?.proven ?? false },
    mainAccount: main && linkKind ? { id: main.id, name: main.name, kind: linkKind } : null,
  };
  return { body, version };
}
