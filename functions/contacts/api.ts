import { pageOf } from '../../shared/http/page.ts';
import { type BoundRoute, on, type RequestContext } from '../../shared/http/request.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { notFound } from '../../shared/core/problem.ts';
import { type ContactDependencies, loadContact } from './contact-dependencies.ts';
import { inviteAgain } from './invite-again.ts';
import { type EffectiveAccessDependencies, previewContact, showEffectiveAccess } from './preview-contact.ts';
import * as routes from './routes.ts';
import { currentAccess, type ContactInput } from './saving/plan-contact.ts';
import { removeContact } from './saving/remove-contact.ts';
import { saveContact } from './saving/save-contact.ts';
import { contactReply, showContacts } from './show-contacts.ts';

export function contactsApi(
  dependencies: ContactDependencies & Pick<EffectiveAccessDependencies, 'everyRoute'>,
): BoundRoute[] {
  const { people } = dependencies;
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
      return { body: { ...page, items: await showContacts(dependencies, context, page.items) } };
    }),
    on(routes.postContact, ({ context, body }) => saveContact(dependencies, context, null, body)),
    on(routes.getContact, async ({ context, params }) => {
      const contact = await loadContact(dependencies, { ...context, ifMatch: null }, params['contactId']!);
      return contactReply(dependencies, context, contact);
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
