import type * as z from 'zod';
import { invalid, notFound } from '../../shared/core/problem.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import type { TicketOpener } from '../../shared/mail/mail-task.ts';
import { strangerRows, strangersAmong, strangersOfDay } from '../../shared/mail/limits/strangers.ts';
import type { Action } from '../../shared/table/table.ts';
import { normalAddress } from '../../shared/accounts/keys.ts';
import type { Account } from '../../shared/accounts/people.ts';
import type { PeopleStore } from '../../shared/accounts/people-store.ts';
import type { Department } from '../../shared/settings/departments.ts';
import type { Settings } from '../../shared/settings/settings.ts';
import { commit, type WriteDependencies } from '../../shared/write/commit.ts';
import { contextInLinkedAccount } from './in-linked-account.ts';
import { startTicket } from '../../shared/tickets/conversation.ts';
import { authorKind, openerOf } from '../../shared/tickets/opener.ts';
import type { openTicket as schema } from './schemas.ts';
import { ticketView } from '../../shared/tickets/ticket.ts';
import type { TicketStore } from '../../shared/tickets/ticket-store.ts';
import { type AttachmentDependencies, readUploads } from './attach.ts';

export interface TicketDependencies extends WriteDependencies, AttachmentDependencies {
  people: PeopleStore;
  tickets: TicketStore;
  departments(): Promise<Department[]>;
  settings(): Promise<Settings>;
  portalUrl: string;
}

type Input = z.output<typeof schema>;

/** Opens a ticket in this account, or in the linked account that the input names. */
export async function openTicket(
  dependencies: TicketDependencies,
  context: RequestContext,
  input: Input,
): Promise<Reply> {
  const { linkedAccountId } = input;
  if (!linkedAccountId || linkedAccountId === context.accountId) {
    return openIn(dependencies, context, input, [context.accountId]);
  }
  const linkedContext = await contextInLinkedAccount(dependencies, context, linkedAccountId);
  // The files may have been announced in either account.
  return openIn(dependencies, linkedContext, input, [context.accountId, linkedAccountId]);
}

async function openIn(
  dependencies: TicketDependencies,
  context: RequestContext,
  input: Input,
  uploadedIn: readonly string[],
): Promise<Reply> {
  const { accountId, now, caller, authority } = context;
  const account = await dependencies.people.account(accountId);
  if (!account) throw notFound();
  if (input.hideFromMainAccount && authority.kind === 'main-account') {
    throw invalid([
      { path: 'hideFromMainAccount', code: 'not-allowed', message: 'is for people of the linked account' },
    ]);
  }
  const { opener, openerId } = await findOpener(dependencies, context, account, input);
  const departments = await dependencies.departments();
  requireDepartment(departments, input.departmentId);
  const copied = copiedAddresses(departments, input.cc);
  const [cc, counted, attachments] = await Promise.all([
    dependencies.tickets.toCopied(accountId, copied),
    countStrangers(dependencies, context, copied),
    readUploads(dependencies, context, uploadedIn, input.attachmentIds),
  ]);
  const { ticket, message, change } = startTicket(
    {
      accountId,
      accountName: account.name,
      author: { kind: authorKind(context), name: caller.name, email: caller.email },
      via: 'portal',
      body: input.message,
      opener,
      openerId,
      subject: input.subject,
      priority: input.priority,
      departmentId: input.departmentId ?? null,
      cc,
      attachments,
      hiddenFromMainAccount: input.hideFromMainAccount,
    },
    now,
    dependencies.portalUrl,
  );
  const reply = {
    body: ticketView(ticket, [message], context),
    version: ticket.version,
    location: `/v1/accounts/${accountId}/tickets/${ticket.id}`,
  };
  const actions = [...change.actions, ...counted];
  await commit(dependencies, context, { ...change, actions, answer: reply });
  return reply;
}

/** What staff do is not counted against the account. @throws Problem where the strangers among them are too many today */
async function countStrangers(
  { table, settings }: TicketDependencies,
  { accountId, authority, now }: RequestContext,
  emails: readonly string[],
): Promise<Action[]> {
  if (authority.kind === 'staff') return [];
  const strangers = await strangersAmong(table, accountId, emails);
  if (strangers.length === 0) return [];
  return strangerRows(await strangersOfDay(table, await settings(), accountId, now), strangers, now);
}

/** @throws Problem if no department has this id */
export function requireDepartment(departments: readonly Department[], id: string | null | undefined): void {
  if (id === undefined || id === null) return;
  if (departments.some((department) => department.id === id)) return;
  throw invalid([{ path: 'departmentId', code: 'not-found', message: 'is not a department' }]);
}

/** The addresses without duplicates and without the departments' own, as mail must not loop. */
function copiedAddresses(departments: readonly Department[], cc: readonly string[]): string[] {
  const own = new Set(departments.map((department) => normalAddress(department.address)));
  return [...new Set(cc.map(normalAddress))].filter((email) => !own.has(email.replace(/\+[^@]*@/, '@')));
}

/** The ticket's opener: the contact for whom staff open it, or else the caller. */
async function findOpener(
  { people }: TicketDependencies,
  context: RequestContext,
  account: Account,
  input: Input,
): Promise<{ opener: TicketOpener; openerId: string }> {
  if (context.authority.kind === 'staff' && input.contactId !== undefined) {
    const contact = await people.contact(context.accountId, input.contactId);
    if (!contact)
      throw invalid([{ path: 'contactId', code: 'not-found', message: 'is not a contact of this account' }]);
    const { id, name, email } = contact;
    return { opener: { kind: 'contact', contactId: id, name, email }, openerId: id };
  }
  if (input.contactId !== undefined) {
    throw invalid([
      { path: 'contactId', code: 'not-allowed', message: 'is for staff, who open tickets for others' },
    ]);
  }
  return openerOf(context, account);
}
