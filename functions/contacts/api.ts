import { toMask } from '../../shared/access/permissions.ts';
import { pageOf } from '../../shared/http/page.ts';
import { type BoundRoute, on, type RequestContext } from '../../shared/http/request.ts';
import type { Route } from '../../shared/http/route.ts';
import type { BounceStore } from '../../shared/mail/delivery/bounces.ts';
import { type LinkedAccountDependencies, openLinkedAccounts } from '../../shared/accounts/linked.ts';
import { heldPermissions } from '../../shared/accounts/people.ts';
import { changeContact, type ContactDependencies, createContact, loadContact } from './change-contact.ts';
import { contactView } from '../../shared/accounts/contact.ts';
import { effectiveAccess } from './effective-access.ts';
import { endAccess, removeContact } from './end-access.ts';
import { giveAccess } from './give-access.ts';
import * as routes from './routes.ts';

/** `everyRoute` is the whole API, from which a contact's effective access is computed. */
export function contactsApi(
  dependencies: ContactDependencies &
    LinkedAccountDependencies & { everyRoute: readonly Route[]; bounces: BounceStore },
): BoundRoute[] {
  const { people, bounces } = dependencies;
  return [
    on(routes.listContacts, async ({ context, query, listScope }) => {
      const page = await pageOf(query, listScope, (part) => people.contacts(context.accountId, part));
      const logins = await people.logins(page.items.flatMap((contact) => contact.subAccount?.userId ?? []));
      const byId = new Map(logins.map((login) => [login?.userId, login]));
      const items = page.items.map((contact) =>
        contactView(contact, byId.get(contact.subAccount?.userId), context.now),
      );
      return { body: { ...page, items: await withBounces(bounces, context, items) } };
    }),
    on(routes.postContact, ({ context, body }) => createContact(dependencies, context, body)),
    on(routes.getContact, async ({ context, params }) => {
      const contact = await loadContact(dependencies, { ...context, ifMatch: null }, params['contactId']!);
      const login = contact.subAccount ? await people.login(contact.subAccount.userId) : undefined;
      const [body] = await withBounces(bounces, context, [contactView(contact, login, context.now)]);
      return { body, version: contact.version };
    }),
    on(routes.patchContact, ({ context, params, body }) =>
      changeContact(dependencies, context, params['contactId']!, body),
    ),
    on(routes.deleteContact, ({ context, params }) =>
      removeContact(dependencies, context, params['contactId']!),
    ),
    on(routes.putSubAccount, ({ context, params, body }) =>
      giveAccess(dependencies, context, params['contactId']!, body),
    ),
    on(routes.deleteSubAccount, ({ context, params }) =>
      endAccess(dependencies, context, params['contactId']!),
    ),
    on(routes.getEffectiveAccess, async ({ context, params }) => {
      const contact = await loadContact(dependencies, { ...context, ifMatch: null }, params['contactId']!);
      const account = await people.account(context.accountId);
      const permissions = toMask(heldPermissions(contact, context.now));
      const linked = account ? await openLinkedAccounts(dependencies, account, permissions) : [];
      return effectiveAccess(contact, dependencies.everyRoute, linked, context);
    }),
  ];
}

/** Staff see which addresses bounced and get no more mail. */
async function withBounces<T extends { email: string }>(
  bounces: BounceStore,
  { authority }: RequestContext,
  contacts: T[],
): Promise<T[]> {
  if (authority.kind !== 'staff') return contacts;
  const bounced = await bounces.bounced(contacts.map((contact) => contact.email));
  return contacts.map((contact) => ({ ...contact, emailBounced: bounced.has(contact.email) }));
}
