import { type Action, equals, free, type Key, type Table } from '../table/table.ts';
import { toSeconds } from '../core/clock.ts';
import { stripped } from '../table/page.ts';
import { type Cart, cartLifetimeDays } from './cart.ts';

const keyOf = (accountId: string, userId: string): Key => ({
  pk: `ACCOUNT#${accountId}`,
  sk: `CART#${userId}`,
});

export function cartStore(table: Table) {
  return {
    /** The cart, unless it has expired. */
    async get(accountId: string, userId: string, now: Date): Promise<Cart | undefined> {
      const item = await table.get(keyOf(accountId, userId));
      return item && Number(item['expiresAt']) > toSeconds(now) ? stripped<Cart>(item) : undefined;
    },
  };
}

export type CartStore = ReturnType<typeof cartStore>;

/** Writes a cart and renews its expiry; fails where its version is no longer the one that was read. */
export function cartRow(cart: Cart, readVersion: string | null, now: Date): Action {
  const expiresAt = toSeconds(now) + cartLifetimeDays * 24 * 60 * 60;
  const when = readVersion === null ? free('expiresAt', toSeconds(now)) : equals({ version: readVersion });
  return { put: { ...cart, ...keyOf(cart.accountId, cart.userId), expiresAt }, when };
}

/** Deletes a cart that was emptied or checked out. */
export function deleteCartRow({ accountId, userId, version }: Cart): Action {
  return { delete: keyOf(accountId, userId), when: equals({ version }) };
}
