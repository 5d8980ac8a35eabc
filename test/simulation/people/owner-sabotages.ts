import { ownershipPrefix } from '../../../shared/accounts/ownership/ownership.ts';
import { type Action, type Item, type Key, keyOf } from '../../../shared/table/table.ts';
import { outboxEntry } from '../../../shared/write/outbox-task.ts';
import type { Sabotage } from './people-world.ts';

type Row = (key: Key) => Item | undefined;

const isToOwn = ({ sk }: Pick<Key, 'sk'>) => sk.startsWith(ownershipPrefix);
/** The rows that say that somebody is to own an account no more. */
const isOfWithdrawal = (key: Key) => ['ACCOUNT', 'LOGIN'].includes(key.sk) || isToOwn(key);
const isDeleted = (action: Action) => 'delete' in action;
/** The write by which somebody accepts what they are to own. */
const isAcceptance = (action: Action) =>
  'update' in action && isToOwn(action.update) && action.remove?.includes('invitation') === true;

/** Rows that are written otherwise: `before` is the row as it was. */
const written = (
  matches: (put: Item, before: Item | undefined) => boolean,
  change: (put: Item, before: Item | undefined) => Record<string, unknown>,
): Sabotage => ({
  transact: (actions, row) => actions.map((action) => put(action, row, matches, change)),
});

function put(
  action: Action,
  row: Row,
  matches: (put: Item, before: Item | undefined) => boolean,
  change: (put: Item, before: Item | undefined) => Record<string, unknown>,
): Action {
  if (!('put' in action)) return action;
  const before = row(action.put);
  return matches(action.put, before)
    ? { ...action, put: { ...action.put, ...change(action.put, before) } }
    : action;
}

/** What a transaction does to the account whose owner of today, or next owner, it changes. */
function accountIn(actions: readonly Action[], row: Row): { before: Item; after: Item } | undefined {
  for (const action of actions) {
    const before = 'put' in action && action.put.sk === 'ACCOUNT' ? row(action.put) : undefined;
    if ('put' in action && before) return { before, after: action.put };
  }
  return undefined;
}

const ownerOf = (account: Item) => (account['owner'] as { userId: string }).userId;

/** The guards of an account that changes hands, by what goes without each. */
export const ownerSabotages: Record<string, Sabotage> = {
  'an account changes hands before its day is over': {
    got: (item, key) => (item && isToOwn(key) ? { ...item, effectiveAtSeconds: 1 } : item),
  },
  'an account changes hands without a yes': {
    transact: (actions) =>
      actions.flatMap((action) => {
        if (!('put' in action) || !isToOwn(action.put)) return [action];
        const { accountId, userId, id } = action.put as unknown as Record<
          'accountId' | 'userId' | 'id',
          string
        >;
        const task = { kind: 'change-owner' as const, accountId, userId, id };
        const accepted = { ...action, put: { ...action.put, invitation: undefined } };
        return [accepted, outboxEntry(task, new Date(0)).action];
      }),
  },
  'whoever has a session says yes to own an account': {
    got: (item, key, rows) => {
      const isAsked =
        key.sk === 'LOGIN' && [...rows()].some(({ pk, sk }) => pk === key.pk && isToOwn({ sk }));
      return item && isAsked ? { ...item, proven: true } : item;
    },
  },
  'saying yes to own an account ends no session': {
    transact: (actions, row) =>
      actions.some(isAcceptance)
        ? actions.map((action) =>
            put(
              action,
              row,
              ({ sk }) => sk === 'LOGIN',
              (_, before) => ({ notBeforeSeconds: before?.['notBeforeSeconds'] }),
            ),
          )
        : [...actions],
  },
  'a yes to own an account can be said again': {
    transact: (actions) =>
      actions.map((action) => (isAcceptance(action) ? { ...action, remove: [] } : action)),
  },
  'nobody is told who is to own their account': {
    transact: (actions) =>
      actions.filter(
        (action) =>
          !(
            'put' in action &&
            (action.put['task'] as { template?: string } | undefined)?.template === 'owner-changing'
          ),
      ),
  },
  'an account changes hands though that was withdrawn': {
    transact: (actions, row) => {
      const account = accountIn(actions, row);
      const isWithdrawal =
        account?.after['nextOwner'] === null &&
        Boolean(account.before['nextOwner']) &&
        ownerOf(account.after) === ownerOf(account.before);
      if (!isWithdrawal) return [...actions];
      return actions.filter((action) => !isOfWithdrawal(keyOf(action)));
    },
  },
  'whoever was to own an account before is it still': {
    transact: (actions) => {
      const isReplaced = actions.some((action) => 'put' in action && isToOwn(action.put));
      return actions.filter((action) => !(isReplaced && isDeleted(action) && isToOwn(keyOf(action))));
    },
  },
  'asking anew begins no new day': written(
    (row, before) => isToOwn(row) && before !== undefined,
    (_, before) => ({ effectiveAtSeconds: before!['effectiveAtSeconds'] }),
  ),
  'asking anew leaves the link of before at work': written(
    (row, before) => isToOwn(row) && before?.['invitation'] !== undefined,
    (_, before) => ({ invitation: before!['invitation'] }),
  ),
  'the owner before keeps their part': {
    transact: (actions, row) => {
      const account = accountIn(actions, row);
      if (!account || ownerOf(account.before) === ownerOf(account.after)) return [...actions];
      const former = `USER#${ownerOf(account.before)}`;
      return actions.filter((action) => keyOf(action).pk !== former);
    },
  },
  'a contact who becomes the owner keeps what they held, and no more': written(
    ({ sk, role }, before) => sk.startsWith('MEMBER#') && role === 'owner' && before !== undefined,
    (_, before) => ({ permissions: before!['permissions'], expiresAtSeconds: before!['expiresAtSeconds'] }),
  ),
  'what somebody is to own does not keep their login': written(
    ({ sk, accounts, staff }, before) =>
      sk === 'LOGIN' && before === undefined && accounts === 1 && staff === false,
    () => ({ accounts: 0 }),
  ),
};
