import { toInstant } from '../../core/clock.ts';
import { newVersion } from '../../core/ids.ts';
import { type Action, absent, equals, free, type Item, type Key, type Table } from '../../table/table.ts';
import { countedAddress } from './counted-address.ts';

/** Invitations that wait for an answer: from one account to one address, and to one address in all. */
const mostUnanswered = { fromAccount: 3, inAll: 10 };
const dayMs = 24 * 60 * 60 * 1000;

/** What one account has mailed to an address, and what waits for an answer there. */
export interface InvitationStanding {
  key: Key;
  allKey: Key;
  /** The invitation that was mailed last, when, and the version of the count; null where none was. */
  last: { invitation: string; sentAt: string; version: string } | null;
  unanswered: { fromAccount: number; inAll: number };
}

/** The standings of these addresses with an account, in their order. */
export async function invitationStandings(
  table: Table,
  accountId: string,
  emails: readonly string[],
): Promise<InvitationStanding[]> {
  if (emails.length === 0) return [];
  const keys = emails.map((email) => {
    const pk = `INVITATIONS#${countedAddress(email)}`;
    return { key: { pk, sk: `ACCOUNT#${accountId}` }, allKey: { pk, sk: 'ALL' } };
  });
  const items = await table.getMany(keys.flatMap(({ key, allKey }) => [key, allKey]));
  return keys.map(({ key, allKey }, nth) => standingOf(key, allKey, items[2 * nth], items[2 * nth + 1]));
}

export async function invitationStanding(
  table: Table,
  accountId: string,
  email: string,
): Promise<InvitationStanding> {
  const [standing] = await invitationStandings(table, accountId, [email]);
  return standing!;
}

function standingOf(key: Key, allKey: Key, own: Item | undefined, all: Item | undefined): InvitationStanding {
  const text = (name: string) => String(own?.[name]);
  return {
    key,
    allKey,
    last: own ? { invitation: text('invitation'), sentAt: text('sentAt'), version: text('version') } : null,
    unanswered: { fromAccount: Number(own?.['unanswered'] ?? 0), inAll: Number(all?.['unanswered'] ?? 0) },
  };
}

/** When the address may be invited again: an instant, which may have passed; null until somebody answers. */
export function nextInvitationAt({ last, unanswered }: InvitationStanding, now: Date): string | null {
  const tooMany =
    unanswered.fromAccount >= mostUnanswered.fromAccount || unanswered.inAll >= mostUnanswered.inAll;
  if (tooMany) return null;
  return last ? toInstant(new Date(Date.parse(last.sentAt) + dayMs)) : toInstant(now);
}

/** Whether an invitation may be mailed to the address now. */
export function mayInvite(standing: InvitationStanding, now: Date): boolean {
  const next = nextInvitationAt(standing, now);
  return next !== null && Date.parse(next) <= now.getTime();
}

/** When this invitation was mailed last, null where it never was, and when it may be mailed again. */
export function invitationView(standing: InvitationStanding, invitation: string, now: Date) {
  const { last } = standing;
  const sentAt = last?.invitation === invitation ? last.sentAt : null;
  return { sentAt, nextAt: nextInvitationAt(standing, now) };
}

/** The standing after this invitation was mailed, and its rows; they fail where another was mailed meanwhile. */
export function mailedInvitation(
  standing: InvitationStanding,
  invitation: string,
  now: Date,
): { standing: InvitationStanding; actions: Action[] } {
  const { key, allKey, unanswered } = standing;
  const last = { invitation, sentAt: toInstant(now), version: newVersion() };
  const after = { fromAccount: unanswered.fromAccount + 1, inAll: unanswered.inAll + 1 };
  const when = standing.last ? equals({ version: standing.last.version }) : absent;
  return {
    standing: { ...standing, last, unanswered: after },
    actions: [
      { update: key, set: { ...last, unanswered: after.fromAccount }, when },
      { update: allKey, add: { unanswered: 1 }, when: free('unanswered', mostUnanswered.inAll) },
    ],
  };
}

/** The rows of an answer: nothing that this account mailed to the address waits any longer. */
export function answeredInvitation({ key, allKey, last, unanswered }: InvitationStanding): Action[] {
  if (!last || unanswered.fromAccount === 0) return [];
  return [
    {
      update: key,
      set: { unanswered: 0, version: newVersion() },
      when: equals({ version: last.version }),
    },
    { update: allKey, add: { unanswered: -unanswered.fromAccount } },
  ];
}
