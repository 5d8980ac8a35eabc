import type { LoginDependencies } from '../../shared/accounts/logins/admission.ts';
import type { Contact } from '../../shared/accounts/people.ts';
import { notFound } from '../../shared/core/problem.ts';
import { type RequestContext, requireMatch } from '../../shared/http/request.ts';
import type { DeadAddressStore } from '../../shared/mail/delivery/dead-addresses.ts';
import type { Settings } from '../../shared/settings/settings.ts';
import type { WriteDependencies } from '../../shared/write/commit.ts';

export interface ContactDependencies extends WriteDependencies, LoginDependencies {
  settings(): Promise<Settings>;
  deadAddresses: DeadAddressStore;
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
