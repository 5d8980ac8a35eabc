import type { LinkKind } from '../../shared/access/link.ts';
import { toInstant } from '../../shared/core/clock.ts';
import { newVersion } from '../../shared/core/ids.ts';
import { conflict, invalid, notFound } from '../../shared/core/problem.ts';
import { type RequestContext, requireMatch } from '../../shared/http/request.ts';
import { orderRow } from '../../shared/orders/order-store.ts';
import { type Order, nextOrderStatus, orderActivity } from '../../shared/orders/order.ts';
import { type Account, guestsAccountId } from '../../shared/accounts/people.ts';
import { accountRows, mostLinked } from '../../shared/accounts/people-store.ts';
import { profileActivity } from '../../shared/accounts/profile.ts';
import { leaveCurrency } from '../../shared/holdings/leave-currency.ts';
import { type Change, commit } from '../../shared/write/commit.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { orderMails } from '../../shared/orders/order-mails.ts';
import { linkEffects, type LinkDependencies } from './link-effects.ts';

/** The most waiting orders that one change of a link cancels in its transaction. */
const mostWaiting = 20;

/**
 * Links an account to a main account, or changes the kind of its link. In another currency it changes to that of the main
 * account, where nothing of it is open.
 */
export async function linkAccount(
  dependencies: LinkDependencies,
  context: RequestContext,
  accountId: string,
  { mainAccountId, kind }: { mainAccountId: string; kind: LinkKind },
  dryRun: boolean,
): Promise<Reply> {
  const [account, main] = await dependencies.people.accounts([accountId, mainAccountId]);
  if (!account) throw notFound();
  if (!main) throw invalid([{ path: 'mainAccountId', code: 'not-found', message: 'is no account' }]);
  if (account.id === main.id) {
    throw invalid([
      {
        path: 'mainAccountId',
        code: 'not-allowed',
        message: 'must be another account than the one that is linked',
      },
    ]);
  }
  requireMatch(context, account.version);
  const isLinked = account.mainAccountId === main.id;
  if (!isLinked) requireLinkable(account, main);
  const linkedAt = (isLinked && account.linkedAt) || toInstant(context.now);
  const { currency } = main;
  const after = { ...account, currency, mainAccountId, linkKind: kind, linkedAt, version: newVersion() };
  const mainAfter = isLinked ? null : withLinkedCount(main, 1);
  return changeLink(dependencies, context, { account, after, main, mainAfter }, dryRun);
}

/** Unlinks an account from its main account. */
export async function unlinkAccount(
  dependencies: LinkDependencies,
  context: RequestContext,
  accountId: string,
  dryRun: boolean,
): Promise<Reply> {
  const account = await dependencies.people.account(accountId);
  if (!account) throw notFound();
  requireMatch(context, account.version);
  const main = account.mainAccountId ? await dependencies.people.account(account.mainAccountId) : undefined;
  if (!main) throw conflict(`${account.name} is linked to no account.`);
  const noLink = { mainAccountId: null, linkKind: null, linkedAt: null };
  const after: Account = { ...account, ...noLink, version: newVersion() };
  return changeLink(
    dependencies,
    context,
    { account, after, main, mainAfter: withLinkedCount(main, -1) },
    dryRun,
  );
}

/** @throws Problem `conflict` for a second level, a circle, or a second main account */
function requireLinkable(account: Account, main: Account): void {
  if (account.id === guestsAccountId || main.id === guestsAccountId) {
    throw conflict('The account of guests is nobody’s.');
  }
  if (account.mainAccountId) {
    throw conflict(`${account.name} is linked to another account already: unlink it first.`);
  }
  if (main.mainAccountId) {
    throw conflict(`${main.name} is linked itself: accounts are linked one level deep.`);
  }
  if (account.linkedAccounts) {
    throw conflict(`Accounts are linked to ${account.name}: accounts are linked one level deep.`);
  }
  if ((main.linkedAccounts ?? 0) >= mostLinked) {
    throw conflict(`${main.name} has ${mostLinked} linked accounts: that is as many as there can be.`);
  }
}

function withLinkedCount(main: Account, by: number): Account {
  return { ...main, linkedAccounts: Math.max(0, (main.linkedAccounts ?? 0) + by), version: newVersion() };
}

type Rows = Pick<Change, 'actions' | 'activity' | 'outbox'>;

interface LinkChange {
  account: Account;
  after: Account;
  main: Account;
  /** Null if the number of its linked accounts does not change. */
  mainAfter: Account | null;
}

/** Writes a change of the link with all its effects; a dry run only describes them. */
async function changeLink(
  dependencies: LinkDependencies,
  context: RequestContext,
  linking: LinkChange,
  dryRun: boolean,
): Promise<Reply> {
  const { account, after, main, mainAfter } = linking;
  const left = after.currency !== account.currency;
  // A linked account has its main account's currency.
  const leaving = left ? await leaveCurrency(dependencies.table, account, context.now) : [];
  const { waiting, effects } = await linkEffects(dependencies, account, after);
  const linkView = ({ mainAccountId, linkKind }: Account) =>
    mainAccountId ? { mainAccountId, mainAccountName: main.name, kind: linkKind } : null;
  const facts = { before: linkView(account), after: linkView(after) };
  const reply = { body: { accountId: account.id, dryRun, ...facts, effects } };
  const isSame = account.mainAccountId === after.mainAccountId && account.linkKind === after.linkKind;
  if (dryRun || isSame) return reply;
  if (waiting.length > mostWaiting) {
    throw conflict(`${waiting.length} orders wait for ${main.name}: have them decided first.`);
  }
  const cancellations = await Promise.all(waiting.map((order) => cancelWaitingOrder(dependencies, order)));
  const subject = { kind: 'account', id: account.id, name: account.name };
  const action = after.mainAccountId ? 'account.linked' : 'account.unlinked';
  await commit(dependencies, context, {
    actions: [
      ...accountRows(after, { version: account.version }),
      ...(mainAfter ? accountRows(mainAfter, { version: main.version }) : []),
      ...leaving,
      ...cancellations.flatMap((rows) => rows.actions),
    ],
    activity: [
      ...[account.id, main.id].map((accountId) => ({ accountId, action, subject, ...facts })),
      ...(left ? [profileActivity(account, after)] : []),
      ...cancellations.flatMap((rows) => rows.activity),
    ],
    outbox: cancellations.flatMap((rows) => rows.outbox),
    answer: reply,
  });
  return reply;
}

/** Cancels a waiting order, which nobody could approve any more. */
async function cancelWaitingOrder(dependencies: LinkDependencies, order: Order): Promise<Rows> {
  const reason = 'Its account is not linked any more as it was';
  const after: Order = {
    ...order,
    status: nextOrderStatus(order, 'cancel'),
    reason,
    version: newVersion(),
  };
  const mails = await orderMails(dependencies, 'order-rejected', after, { reason, amount: '' });
  return {
    actions: [orderRow(after, order.version)],
    activity: orderActivity(order, after),
    outbox: mails.filter(({ accountId }) => accountId === order.accountId),
  };
}
