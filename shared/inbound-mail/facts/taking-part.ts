import { normalAddress } from '../../accounts/keys.ts';
import { type Account, type Contact, linkOf, managesTickets } from '../../accounts/people.ts';
import type { Settings } from '../../settings/settings.ts';
import type { Ticket } from '../../tickets/ticket.ts';
import { readsTickets, type SenderPart } from './sender-part.ts';

/** Whether the sender gets the ticket's mail, or may read all tickets of its account. */
export function participates(
  { accountId, opener, cc }: Ticket,
  from: string,
  parts: readonly SenderPart[],
  { settings, now }: { settings: Settings; now: Date },
): boolean {
  if (opener.kind === 'guest' && normalAddress(opener.email) === from) return true;
  const part = parts.find((each) => each.accountId === accountId);
  const contactId = part?.contact?.id;
  // Who was copied as a contact is out with the contact, and in under whichever address that has by now; anybody else may
  // have become one since.
  const isCopied = cc.some((copied) =>
    copied.contactId === null ? normalAddress(copied.email) === from : copied.contactId === contactId,
  );
  if (isCopied) return true;
  if (!part) return false;
  if (readsTickets(part, now) || (contactId !== undefined && opener.contactId === contactId)) return true;
  const getsOwners = settings['tickets.copyContactsOnOwnersTickets'] && opener.kind === 'owner';
  return getsOwners && part.contact?.emailPreferences.support === true;
}

/** Somebody of the main account, in a ticket of an account beneath it. */
export interface FromMain {
  account: Account;
  /** Null for the owner. */
  contact: Contact | null;
}

/**
 * The main account's owner participates in a linked account's tickets, and so does the contact who opened one from
 * there: while the settings give the main account access, and unless the ticket is hidden from it.
 */
export function participantOfMainAccount(
  { accountId, opener, hiddenFromMainAccount }: Ticket,
  parts: readonly SenderPart[],
  accounts: ReadonlyMap<string, Account>,
  { settings, now }: { settings: Settings; now: Date },
): FromMain | null {
  if (hiddenFromMainAccount || parts.some((part) => part.accountId === accountId)) return null;
  const account = accounts.get(accountId);
  const link = account && linkOf(account, settings);
  const main = link?.isOpen ? accounts.get(link.mainAccountId) : undefined;
  const part = parts.find((each) => each.accountId === main?.id);
  if (!main || !part) return null;
  const { contact } = part;
  if (contact === null) return { account: main, contact };
  if (opener.kind !== 'main-account' || opener.contactId !== contact.id) return null;
  return managesTickets(contact, now) ? { account: main, contact } : null;
}
