import { endedAccess } from '../../../shared/accounts/end-access.ts';
import { contactActivity, contactView } from '../../../shared/accounts/contact.ts';
import { normalAddress } from '../../../shared/accounts/keys.ts';
import { changedMemberRow, contactRows, type PeopleStore } from '../../../shared/accounts/people-store.ts';
import type { Contact } from '../../../shared/accounts/people.ts';
import { Problem } from '../../../shared/core/problem.ts';
import type { RequestContext } from '../../../shared/http/request.ts';
import { accessByStaff } from '../../../shared/mail/access-notice.ts';
import { bouncesOf } from '../../../shared/mail/delivery/dead-addresses.ts';
import type { Activity } from '../../../shared/write/activity.ts';
import { commit } from '../../../shared/write/commit.ts';
import type { Reply } from '../../../shared/write/idempotency.ts';
import type { ContactDependencies } from '../contact-dependencies.ts';
import { contactFacts, contactReply } from '../show-contacts.ts';
import { giveAccess, membershipOf } from './give-access.ts';
import {
  type ContactInput,
  type ContactPlan,
  planContact,
  requireAllowed,
  requirePossible,
  type SavedContact,
} from './plan-contact.ts';

/**
 * Records a contact (`before` is null) or changes one: the person, their mail and their access, in one transaction.
 * Every way to a contact leads through here, so that its rules stand once.
 * @throws Problem `delegation-limit`, `email-taken`, `login-exists`, `too-many-strangers`
 */
export async function saveContact(
  dependencies: ContactDependencies,
  context: RequestContext,
  before: Contact | null,
  input: ContactInput,
): Promise<Reply> {
  const { accountId, now } = context;
  const plan = planContact(accountId, before, input, now);
  requireAllowed(context.authority, plan, now);
  requirePossible(plan);
  if (before && isUnchanged(plan)) return contactReply(dependencies, context, before);
  const { person } = plan;
  const isNewAddress = !before || normalAddress(before.email) !== person.email;
  const [[bounced]] = await Promise.all([
    bouncesOf(dependencies, context, [person.email]),
    isNewAddress ? requireFreeAddress(dependencies.people, accountId, person.email) : undefined,
  ]);
  const saved = await savedContact(dependencies, context, plan);
  const { contact, facts } = saved;
  const reply: Reply = {
    body: contactView(contact, { ...facts, ...bounced }, now),
    version: contact.version,
  };
  if (!before) reply.location = `/v1/accounts/${accountId}/contacts/${person.id}`;
  const { actions } = saved;
  const outbox = [
    ...saved.outbox,
    ...(plan.access.step === 'kept' ? [] : accessByStaff(context, before, contact)),
  ];
  const activity = [...personActivity(plan), ...saved.activity];
  await saved.complete(() => commit(dependencies, context, { actions, activity, outbox, answer: reply }));
  return reply;
}

async function savedContact(
  dependencies: ContactDependencies,
  context: RequestContext,
  plan: ContactPlan,
): Promise<SavedContact> {
  const { before, person, access } = plan;
  const { now } = context;
  switch (access.step) {
    case 'given':
      return giveAccess(dependencies, context, plan, access.details);
    case 'ended': {
      const after = { ...person, subAccount: { ...person.subAccount!, ended: true } };
      const { contact, ...ending } = await endedAccess(dependencies, before!, after, now);
      const activity = [contactActivity('sub-account.deactivated', before, after, { access: true })];
      const [facts] = await contactFacts(dependencies, [contact!], now);
      return { ...ending, activity, contact: contact!, facts: facts! };
    }
    case 'changed': {
      const { current, details } = access;
      const contact = { ...person, subAccount: { ...current, ...details } };
      const [facts] = await contactFacts(dependencies, [contact], now);
      return {
        contact,
        facts: facts!,
        actions: [
          ...contactRows(before, contact),
          changedMemberRow(current.userId, membershipOf(contact, details, current.invitation)),
        ],
        activity: [contactActivity('sub-account.changed', before, contact, { access: true })],
        outbox: [],
        complete: (write) => write(),
      };
    }
    case 'kept': {
      const [facts] = await contactFacts(dependencies, [person], now);
      const actions = contactRows(before, person);
      const complete = (write: () => Promise<void>) => write();
      return { contact: person, facts: facts!, actions, activity: [], outbox: [], complete };
    }
  }
}

function personActivity({ before, person }: ContactPlan): Activity[] {
  if (!before) return [contactActivity('contact.created', null, person, { access: false })];
  if (isSamePerson(before, person)) return [];
  return [contactActivity('contact.changed', before, person, { access: false })];
}

function isUnchanged({ before, person, access }: ContactPlan): boolean {
  return before !== null && access.step === 'kept' && isSamePerson(before, person);
}

function isSamePerson(before: Contact, { name, email, phone, language, emailPreferences }: Contact): boolean {
  const isSameMail = Object.entries(emailPreferences).every(
    ([kind, isOn]) => before.emailPreferences[kind as keyof typeof emailPreferences] === isOn,
  );
  return (
    isSameMail &&
    before.name === name &&
    before.email === email &&
    before.phone === phone &&
    before.language === language
  );
}

/** Within an account an address belongs to one person, so that mail from it has one sender. */
async function requireFreeAddress(people: PeopleStore, accountId: string, email: string): Promise<void> {
  const { accounts } = await people.byAddress(email);
  if (accounts.some((known) => known.accountId === accountId)) {
    throw new Problem('email-taken', 'The owner or another contact of this account has this address.');
  }
}
