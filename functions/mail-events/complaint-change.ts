import { contactActivity } from '../../shared/accounts/contact.ts';
import type { Account, Contact, MailKind } from '../../shared/accounts/people.ts';
import { accountRows, contactRows, type PeopleStore } from '../../shared/accounts/people-store.ts';
import { newVersion } from '../../shared/core/ids.ts';
import type { MailEvent } from '../../shared/mail/delivery/mail-event.ts';
import type { SentMessage } from '../../shared/mail/delivery/sent-messages.ts';
import type { MailTask } from '../../shared/mail/mail-task.ts';
import type { TicketStore } from '../../shared/tickets/ticket-store.ts';
import { leaveTicket } from '../../shared/tickets/undelivered.ts';
import type { Change } from '../../shared/write/commit.ts';

interface ComplaintDependencies {
  people: PeopleStore;
  tickets: TicketStore;
  staffEmail: string;
}

const noChange: Change = { actions: [], activity: [], outbox: [] };

/**
 * Takes the address that complained off the ticket and off that kind of mail in that account, and tells staff. Readers'
 * providers hide who pressed the button and name everybody of theirs: where that is more than one, nobody is taken off.
 */
export async function complaintChange(
  dependencies: ComplaintDependencies,
  complained: readonly string[],
  event: MailEvent,
  sent: SentMessage,
  now: Date,
): Promise<Change> {
  const [address, ...others] = complained;
  if (address === undefined) return noChange;
  const account = sent.accountId === null ? undefined : await dependencies.people.account(sent.accountId);
  const isCertain = others.length === 0;
  const ticket = isCertain && sent.ticket ? await dependencies.tickets.locate(sent.ticket.id) : undefined;
  const left = ticket && leaveTicket(ticket, address, now);
  const off =
    isCertain && account && sent.kind ? await switchOff(dependencies, account, address, sent.kind) : null;
  const changes = [left ?? noChange, off ?? noChange];
  return {
    actions: changes.flatMap(({ actions }) => actions),
    activity: changes.flatMap(({ activity }) => activity),
    outbox: [staffMail(dependencies, complained, event, sent, { account, isOff: Boolean(left || off) })],
  };
}

/** Switches a kind of mail off for the owner or contact with this address; an owner's invoices go on. */
async function switchOff(
  { people }: ComplaintDependencies,
  account: Account,
  address: string,
  kind: MailKind,
): Promise<Change | null> {
  const { accounts } = await people.byAddress(address);
  const known = accounts.find(({ accountId }) => accountId === account.id);
  if (!known) return null;
  if (known.contactId === null) return kind === 'invoice' ? null : ownersSwitch(account, kind);
  const contact = await people.contact(account.id, known.contactId);
  return contact ? contactsSwitch(contact, kind) : null;
}

function ownersSwitch(account: Account, kind: MailKind): Change | null {
  const { owner, version, id: accountId } = account;
  if (!owner.emailPreferences[kind]) return null;
  const emailPreferences = { ...owner.emailPreferences, [kind]: false };
  const after = { ...account, owner: { ...owner, emailPreferences }, version: newVersion() };
  return {
    actions: accountRows(after, { version }),
    activity: [
      {
        accountId,
        action: 'owner.mail-switched-off',
        subject: { kind: 'owner', id: owner.userId, name: owner.name },
        before: { [kind]: true },
        after: { [kind]: false },
      },
    ],
    outbox: [],
  };
}

function contactsSwitch(contact: Contact, kind: MailKind): Change | null {
  if (!contact.emailPreferences[kind]) return null;
  const emailPreferences = { ...contact.emailPreferences, [kind]: false };
  const after = { ...contact, emailPreferences, version: newVersion() };
  return {
    actions: contactRows(contact, after),
    activity: [contactActivity('contact.mail-switched-off', contact, after, { access: false })],
    outbox: [],
  };
}

function staffMail(
  { staffEmail }: ComplaintDependencies,
  complained: readonly string[],
  { reason }: MailEvent,
  sent: SentMessage,
  { account, isOff }: { account: Account | undefined; isOff: boolean },
): MailTask {
  return {
    kind: 'mail',
    template: 'staff-complaint',
    accountId: null,
    mailKind: 'general',
    audience:
      staffEmail === ''
        ? { kind: 'administrators' }
        : { kind: 'person', email: staffEmail, name: '', contactId: null },
    data: {
      accountName: account?.name ?? '',
      accountId: account?.id ?? '',
      addresses: [...complained],
      reason,
      messageId: sent.messageId,
      switchedOff: isOff ? 'yes' : '',
    },
    thread: null,
    inReplyTo: null,
  };
}
