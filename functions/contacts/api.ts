import { pageOf } from '../../shared/http/page.ts';
import { type Handled, on } from '../../shared/http/request.ts';
import type { Route } from '../../shared/http/route.ts';
import { changeContact, type ContactDependencies, createContact, loadContact } from './change-contact.ts';
import { contactView } from './contact.ts';
import { effectiveAccess } from './effective-access.ts';
import { endAccess, removeContact } from './end-access.ts';
import { giveAccess } from './give-access.ts';
import * as routes from './routes.ts';

/** `everyRoute` is the whole API: what a contact could do is told from it. */
export function contactsApi(dependencies: ContactDependencies & { everyRoute: readonly Route[] }): Handled[] {
  const { people } = dependencies;
  return [
    on(routes.listContacts, async ({ context, query, listScope }) => {
      const page = await pageOf(query, listScope, (part) => people.contacts(context.accountId, part));
      const logins = await people.logins(page.items.flatMap((contact) => contact.subAccount?.userId ?? []));
      const byId = new Map(logins.map((login) => [login?.userId, login]));
      const items = page.items.map((contact) =>
        contactView(contact, byId.get(contact.subAccount?.userId), context.now),
      );
      return { body: { ...page, items } };
    }),
    on(routes.postContact, ({ context, body }) => createContact(dependencies, context, body)),
    on(routes.getContact, async ({ context, params }) => {
      const contact = await loadContact(dependencies, { ...context, ifMatch: null }, params['contactId']!);
      const login = contact.subAccount ? await people.login(contact.subAccount.userId) : undefined;
      return { body: contactView(contact, login, context.now), version: contact.version };
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
      return effectiveAccess(contact, dependencies.everyRoute, context);
    }),
  ];
}
