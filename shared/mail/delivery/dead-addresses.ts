import type { Authority } from '../../access/decide.ts';
import { addressPartition, normalAddress } from '../../accounts/keys.ts';
import { toInstant } from '../../core/clock.ts';
import { newVersion } from '../../core/ids.ts';
import type { Activity } from '../../write/activity.ts';
import type { Change } from '../../write/commit.ts';
import { merged } from '../../table/merged.ts';
import { type PageRequest, type StoredPage, stripped, strippedPage } from '../../table/page.ts';
import { type Action, absent, all, equals, type Item, present, type Table } from '../../table/table.ts';

declare module '../../write/outbox-task.ts' {
  interface OutboxTasks {
    /** Takes an address off the mail service's own list of those that it sends nothing to. */
    unsuppress: { address: string };
  }
}

/** An address that gets no more mail, because the mail service said that it is permanently undeliverable. */
export interface DeadAddress {
  address: string;
  at: string;
  /** In the mail service's words: the type and the subtype of its event. */
  reason: string;
  /** The accounts whose mail came back, with the time; others are not told. Missing in rows of older releases. */
  accounts?: { accountId: string; at: string }[];
  version?: string;
}

/** What somebody is told of an address that bounced. */
export interface EmailBounced {
  at: string;
  reason: string;
}

/** What is known of addresses before a mail goes out. */
export interface Standing {
  dead: Map<string, DeadAddress>;
  doubted: Set<string>;
}

const deadKey = (email: string) => ({ pk: addressPartition(email), sk: 'BOUNCED' });
const doubtedKey = (email: string) => ({ pk: addressPartition(email), sk: 'DOUBTED' });
const everyDead = 'DEAD-ADDRESSES';

export function deadAddressStore(table: Table) {
  return {
    /** The marks of those among these addresses that are dead, by address in lower case. */
    async dead(emails: readonly string[]): Promise<Map<string, DeadAddress>> {
      const addresses = [...new Set(emails.map(normalAddress))];
      if (addresses.length === 0) return new Map();
      return marksOf(addresses, await table.getMany(addresses.map(deadKey)));
    },
    /** The same, and those whose next mail goes to them alone, in lower case. */
    async standing(emails: readonly string[]): Promise<Standing> {
      const addresses = [...new Set(emails.map(normalAddress))];
      if (addresses.length === 0) return { dead: new Map(), doubted: new Set() };
      const found = await table.getMany([...addresses.map(deadKey), ...addresses.map(doubtedKey)]);
      return {
        dead: marksOf(addresses, found),
        doubted: new Set(addresses.filter((_, index) => found[addresses.length + index])),
      };
    },
    /** Every dead address, the last marked first. */
    async list(page: PageRequest): Promise<StoredPage<DeadAddress>> {
      return strippedPage(await table.query({ index: 'gsi1', pk: everyDead, descending: true, ...page }));
    },
  };
}

function marksOf(
  addresses: readonly string[],
  found: readonly (Item | undefined)[],
): Map<string, DeadAddress> {
  return new Map(
    addresses.flatMap((address, index) => {
      const mark = stripped<DeadAddress>(found[index]);
      // A row of an older release does not name its address.
      return mark ? [[address, { ...mark, address }] as const] : [];
    }),
  );
}

export type DeadAddressStore = ReturnType<typeof deadAddressStore>;

/** The row of a mark with its place in the list of all; fails if it is not as it was read. */
export function deadRow(mark: DeadAddress, before: DeadAddress | undefined): Action {
  const key = deadKey(mark.address);
  const gsi1sk = `${mark.at}#${mark.address}`;
  const put = { ...mark, version: newVersion(), ...key, gsi1pk: everyDead, gsi1sk };
  return { put, when: before ? asRead(before) : absent };
}

function asRead({ at, version }: DeadAddress) {
  return version === undefined ? all(present, equals({ at })) : equals({ version });
}

/** Its next mail goes to it alone. */
export function doubtedRow(email: string, messageId: string, now: Date): Action {
  return merged({ address: normalAddress(email), at: toInstant(now), messageId, ...doubtedKey(email) });
}

/** A mail went to it alone: that one's fate decides. */
export function undoubtedRow(email: string): Action {
  return { delete: doubtedKey(email) };
}

/** Lifts a mark, takes the address off the mail service's own list too, and tells the accounts that knew of it. */
export function liftedMark(mark: DeadAddress): Change {
  const { address, reason, accounts = [] } = mark;
  return {
    actions: [{ delete: deadKey(address), when: asRead(mark) }, undoubtedRow(address)],
    activity: accounts.map(({ accountId }) => addressActivity('address.revived', accountId, address, reason)),
    outbox: [{ kind: 'unsuppress', address }],
  };
}

export function addressActivity(
  action: 'address.died' | 'address.revived',
  accountId: string,
  address: string,
  reason: string,
): Activity {
  const subject = { kind: 'address', id: address, name: address };
  const [before, after] = action === 'address.died' ? [null, { reason }] : [{ reason }, null];
  return { accountId, action, subject, before, after };
}

/** What somebody in an account is told of each of these addresses, in their order. Staff are told all. */
export async function bouncesOf(
  { deadAddresses }: { deadAddresses: Pick<DeadAddressStore, 'dead'> },
  { authority, accountId }: { authority: Authority; accountId: string },
  emails: readonly string[],
): Promise<{ emailBounced?: EmailBounced }[]> {
  const dead = await deadAddresses.dead(emails);
  const told = authority.kind === 'staff' ? null : accountId;
  return emails.map((email) => bouncedFor(dead.get(normalAddress(email)), told));
}

/** What an account is told of an address, which is what happened to its own mail. Staff (null) are told all. */
export function bouncedFor(
  mark: DeadAddress | undefined,
  accountId: string | null,
): { emailBounced?: EmailBounced } {
  const told = accountId === null ? mark : mark?.accounts?.find((each) => each.accountId === accountId);
  return mark && told ? { emailBounced: { at: told.at, reason: mark.reason } } : {};
}
