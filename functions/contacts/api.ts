import { pageOf } from '../../shared/http/page.ts';
import { type BoundRoute, on, type RequestContext } from '../../shared/http/request.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { bouncedFor, type DeadAddressStore } from '../../shared/mail/delivery/dead-addresses.ts';
import { normalAddress } from '../../shared/accounts/keys.ts';
import { notFound } from '../../shared/core/problem.ts';
import { type ContactDependencies, loadContact } from './contact-dependencies.ts';
import { inviteAgain } from './invite-again.ts';
import { type EffectiveAccessDependencies, previewContact, showEffectiveAccess } from './preview-contact.ts';
import * as routes from './routes.ts';
import { currentAccess, type ContactInput } from './saving/plan-contact.ts';
import { removeContact } from './saving/remove-contact.ts';
import { saveContact } from './saving/save-contact.ts';
import { showContacts } from './show-contacts.ts';

export function contactsApi(
  dependencies: ContactDependencies &
    Pick<EffectiveAccessDependencies, 'everyRoute'> & { deadAddresses: DeadAddressStore },
): BoundRoute[] {
  const { people, deadAddresses } = dependencies;
  const change = async (
    context: RequestContext,
    params: Record<string, string>,
    input: ContactInput,
  ): Promise<Reply> => {
    const before = await loadContact(dependencies, context, params['contactId']!);
    return saveContact(dependencies, context, before, input);
  };
  return [
    on(routes.listContacts, async ({ context, query, listScope }) => {
      const page = await pageOf(query, listScope, (part) => people.contacts(context.accountId, part));
      const items = await showContacts(dependencies, page.items, context.now);
      return { body: { ...page, items: await withBounces(deadAddresses, context, items) } };
    }),
    on(routes.postContact, ({ context, body }) => saveContact(dependencies, context, null, body)),
    on(routes.getContact, async ({ context, params }) => {
      const contact = await loadContact(dependencies, { ...context, ifMatch: null }, params['contactId']!);
      const shown = await showContacts(dependencies, [contact], context.now);
      const [body] = await withBounces(deadAddresses, context, shown);
      return { body, version: contact.version };
    }),
    on(routes.patchContact, ({ context, params, body }) => change(context, params, body)),
    on(routes.putContact, ({ context, params, body }) => change(context, params, body)),
    on(routes.postContactPreview, async ({ context, body }) => ({
      body: await previewContact(dependencies, { ...context, ifMatch: null }, body),
    })),
    on(routes.postInvite, ({ context, params }) => inviteAgain(dependencies, context, params['contactId']!)),
    on(routes.deleteContact, ({ context, params }) =>
      removeContact(dependencies, context, params['contactId']!),
    ),
    on(routes.putSubAccount, ({ context, params, body }) => change(context, params, { subAccount: body })),
    on(routes.deleteSubAccount, async ({ context, params }) => {
      const before = await loadContact(dependencies, context, params['contactId']!);
      if (!currentAccess(before)) throw notFound();
      await saveContact(dependencies, context, before, { subAccount: null });
      return {};
    }),
    on(routes.getEffectiveAccess, async ({ context, params }) => {
      const contact = await loadContact(dependencies, { ...context, ifMatch: null }, params['contactId']!);
      return { body: await showEffectiveAccess(dependencies, context, contact) };
    }),
  ];
}

/** Whether mail to these people bounced: an account is told of its own mail, staff of all. */
async function withBounces<T extends { email: string }>(
  deadAddresses: DeadAddressStore,
  { authority, accountId }: RequestContext,
  contacts: T[],
) {
  const dead = await deadAddresses.dead(contacts.map((contact) => contact.email));
  const told = authority.kind === 'staff' ? null : accountId;
  return contacts.map((contact) => ({
    ...contact,
    ...bouncedFor(dead.get(normalAddress(contact.email)), told),
  }));
}
