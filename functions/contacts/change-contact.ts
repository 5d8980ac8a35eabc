import type * as z from 'zod';
import { toInstant } from '../../shared/core/clock.ts';
import { newId, newVersion } from '../../shared/core/ids.ts';
import { notFound, Problem } from '../../shared/core/problem.ts';
import { type RequestContext, requireMatch } from '../../shared/http/request.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import type { LoginDependencies } from '../../shared/accounts/admission.ts';
import { normalAddress } from '../../shared/accounts/keys.ts';
import { type Contact, heldPermissions } from '../../shared/accounts/people.ts';
import { contactRows } from '../../shared/accounts/people-store.ts';
import { commit, type WriteDependencies } from '../../shared/write/commit.ts';
import {
  contactActivity,
  contactView,
  noMailKind,
  requireDelegation,
} from '../../shared/accounts/contact.ts';
import type * as schemas from './schemas.ts';

export interface ContactDependencies extends WriteDependencies, LoginDependencies {}

export async function createContact(
  dependencies: ContactDependencies,
  context: RequestContext,
  input: z.output<typeof schemas.createContact>,
): Promise<Reply> {
  const { accountId, now } = context;
  await requireFreeAddress(dependencies, accountId, input.email);
  const contact: Contact = {
    id: newId('contact', now),
    accountId,
    name: input.name,
    email: normalAddress(input.email),
    phone: input.phone ?? null,
    emailPreferences: { ...noMailKind, ...input.emailPreferences },
    subAccount: null,
    version: newVersion(),
    createdAt: toInstant(now),
  };
  const reply = {
    body: contactView(contact, undefined, now),
    version: contact.version,
    location: `/v1/accounts/${accountId}/contacts/${contact.id}`,
  };
  await commit(dependencies, context, {
    actions: contactRows(null, contact),
    activity: [contactActivity('contact.created', null, contact, { access: false })],
    outbox: [],
    answer: reply,
  });
  return reply;
}

export async function changeContact(
  dependencies: ContactDependencies,
  context: RequestContext,
  contactId: string,
  input: z.output<typeof schemas.changeContact>,
): Promise<Reply> {
  const { now } = context;
  const before = await loadContact(dependencies, context, contactId);
  // Somebody who can change an address can take over replies, so changing a contact counts as changing their access.
  requireDelegation(context.authority, before, unchangedAccess(before, now), now);
  const after: Contact = {
    ...before,
    name: input.name ?? before.name,
    email: input.email === undefined ? before.email : normalAddress(input.email),
    phone: input.phone === undefined ? before.phone : input.phone,
    emailPreferences: { ...before.emailPreferences, ...input.emailPreferences },
    version: newVersion(),
  };
  if (after.email !== before.email) {
    requireNoLogin(before);
    await requireFreeAddress(dependencies, before.accountId, after.email);
  }
  await commit(dependencies, context, {
    actions: contactRows(before, after),
    activity: [contactActivity('contact.changed', before, after, { access: false })],
    outbox: [],
  });
  const login = after.subAccount ? await dependencies.people.login(after.subAccount.userId) : undefined;
  return { body: contactView(after, login, now), version: after.version };
}

/** The contact in the account of the path, at the version that the caller read. */
export async function loadContact(
  { people }: Pick<ContactDependencies, 'people'>,
  context: RequestContext,
  contactId: string,
): Promise<Contact> {
  const contact = await people.contact(context.accountId, contactId);
  if (!contact) throw notFound();
  requireMatch(context, contact.version);
  return contact;
}

function unchangedAccess(contact: Contact, now: Date) {
  const wants = heldPermissions(contact, now);
  const wantsUntilSeconds = contact.subAccount?.expiresAtSeconds ?? null;
  return { wants, wantsUntilSeconds, changesAccess: false };
}

function requireNoLogin(contact: Contact): void {
  if (!contact.subAccount || contact.subAccount.ended) return;
  throw new Problem(
    'conflict',
    'This address signs in. Deactivate the login first, then change the address and activate it anew.',
  );
}

/** Within an account an address belongs to one person, so that mail from it has one sender. */
async function requireFreeAddress(
  { people }: Pick<ContactDependencies, 'people'>,
  accountId: string,
  email: string,
): Promise<void> {
  const { accounts } = await people.byAddress(email);
  if (accounts.some((known) => known.accountId === accountId)) {
    throw new Problem('email-taken', 'The owner or another contact of this account has this address.');
  }
}
