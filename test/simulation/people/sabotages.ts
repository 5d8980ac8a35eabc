import { type Action, type Condition, type Item, type Key, keyOf } from '../../../shared/table/table.ts';
import { ownerSabotages } from './owner-sabotages.ts';
import type { Sabotage } from './people-world.ts';

const isLogin = ({ sk }: Pick<Key, 'sk'>) => sk === 'LOGIN';
const isMember = ({ sk }: Pick<Key, 'sk'>) => sk.startsWith('MEMBER#');
const isStaff = ({ sk }: Pick<Key, 'sk'>) => sk === 'STAFF';

/** Rows that a query finds as if they said something else. */
const found = (matches: (item: Item) => boolean, said: Record<string, unknown>): Sabotage => ({
  found: (item) => (matches(item) ? { ...item, ...said } : item),
});

/** The row that gave a right reads as it did when the authoriser looked at it. */
function notReadAgain(matches: (key: Key) => boolean): Sabotage {
  const seen = new Map<string, Item>();
  return {
    found: (item) => {
      seen.set(`${item.pk} ${item.sk}`, item);
      return item;
    },
    got: (item, key) => (matches(key) ? (seen.get(`${key.pk} ${key.sk}`) ?? item) : item),
  };
}

/** Logins that are written otherwise: `before` is the row as it was. */
const loginsWritten = (change: (put: Item, before: Item) => Record<string, unknown>): Sabotage => ({
  transact: (actions, row) =>
    actions.map((action) => {
      const before = 'put' in action && isLogin(action.put) ? row(action.put) : undefined;
      return 'put' in action && before
        ? { ...action, put: { ...action.put, ...change(action.put, before) } }
        : action;
    }),
});

/** Conditions that hold whatever is so. */
const unchecked = (matches: (key: Key, when: Condition) => boolean): Sabotage => ({
  transact: (actions) =>
    actions.flatMap((action): Action[] => {
      if (!action.when || !matches(keyOf(action), action.when)) return [action];
      return 'check' in action ? [] : [{ ...action, when: undefined }];
    }),
});

const updates = (action: Action, name: string) =>
  'update' in action && isLogin(action.update) && action.set?.[name] !== undefined;

/** Every guard that the simulation was seen to miss, by what goes without it. */
export const sabotages: Record<string, Sabotage> = {
  'a token counts whenever its sessions were ended': found(isLogin, { notBeforeSeconds: 0 }),
  'a login comes back with the password that it had': { deaf: ['forget'] },
  'the user pool is not told that a login ended': { deaf: ['sync'] },
  'a part counts without being accepted': found(isMember, { invitation: undefined }),
  'a part in another account counts for a login that is not proven': {
    transact: (actions) =>
      actions.map((action) =>
        'put' in action && isMember(action.put)
          ? { ...action, put: { ...action.put, invitation: undefined } }
          : action,
      ),
  },
  'whoever has a session is taken for proven': {
    got: (item) => (item && isLogin(item) ? { ...item, proven: true } : item),
  },
  'being proven ends no session': loginsWritten(({ proven }, before) =>
    proven && !before['proven'] ? { notBeforeSeconds: before['notBeforeSeconds'] } : {},
  ),
  'a recovered password ends no session': loginsWritten(({ endingSessions }, before) =>
    endingSessions === undefined ? {} : { notBeforeSeconds: before['notBeforeSeconds'] },
  ),
  'signing out everywhere ends no session': {
    transact: (actions) => actions.filter((action) => !updates(action, 'notBeforeSeconds')),
  },
  'a login that ended stays proven': loginsWritten(({ accounts, staff }, before) =>
    accounts === 0 && !staff ? { proven: before['proven'] } : {},
  ),
  'a login that lost a part counts it still': loginsWritten(({ accounts }, before) => ({
    accounts: Math.max(Number(accounts), Number(before['accounts'])),
  })),
  'a proven person is called what somebody else says': loginsWritten((_, before) => ({
    name: before['name'],
  })),
  'a proven person goes by the name that others gave': {
    got: (item, key) => (item && isLogin(key) ? { ...item, namedBySelf: true } : item),
  },
  'a write lands whatever became of the part that gave the right to it': unchecked(isMember),
  'a write lands whatever became of the roles that gave the right to it': unchecked(isStaff),
  'a write lands whether or not the session ended': unchecked(
    (key, { kind, ...rest }) => isLogin(key) && JSON.stringify([kind, rest]).includes('notBeforeSeconds'),
  ),
  'a part counts beyond its end': found(isMember, { expiresAtSeconds: null }),
  'every part opens everything': found(isMember, {
    permissions: ['profile', 'contacts', 'tickets', 'invoices', 'documents'],
  }),
  'every member of staff is an administrator': found(isStaff, { roles: ['administrator'] }),
  'a place among staff counts without being accepted': found(isStaff, { invitation: undefined }),
  'an account that was taken out stays linked': {
    transact: (actions, row) =>
      actions.map((action) => {
        if (!('put' in action) || action.put.sk !== 'ACCOUNT') return action;
        const before = row(action.put);
        if (action.put['mainAccountId'] !== null || !before?.['mainAccountId']) return action;
        const { mainAccountId, linkKind } = before;
        return { ...action, put: { ...action.put, mainAccountId, linkKind } };
      }),
  },
  'a new address takes effect at once': loginsWritten(({ addressChange }) => {
    const change = addressChange as { effectiveAtSeconds: number | null } | undefined;
    return change?.effectiveAtSeconds ? { addressChange: { ...change, effectiveAtSeconds: 1 } } : {};
  }),
  'a change of address goes on when it is stopped': loginsWritten(({ addressChange, email }, before) =>
    addressChange === undefined && email === before['email'] && before['accounts'] !== 0
      ? { addressChange: before['addressChange'] }
      : {},
  ),
  'the part is not read again while a request is answered': notReadAgain(isMember),
  'the roles are not read again while a request is answered': notReadAgain(isStaff),
  'a sub-account is taken for the owner': found(isMember, { role: 'owner' }),
  'a client among staff acts as staff in their own account': {
    found: (item, page) => (isMember(item) && page.some(isStaff) ? { ...item, expiresAtSeconds: 1 } : item),
  },
  'a code is taken in any session': {
    got: (item, { pk, sk }, rows) => {
      if (item || !pk.startsWith('CODE#')) return item;
      return [...rows()].find((row) => row.pk === pk && row.sk.startsWith(sk.split('#')[0]!));
    },
  },
  'nobody writes down who is an administrator': {
    transact: (actions) => actions.filter((action) => keyOf(action).sk !== 'ADMINISTRATORS'),
  },
  ...ownerSabotages,
};
