import type { Permission } from '../../shared/access/permissions.ts';
import { billingMail } from '../../shared/invoices/invoice-mail.ts';
import { moneyText } from '../../shared/core/money.ts';
import { addYears, type Day, dayIn } from '../../shared/core/day.ts';
import { newVersion } from '../../shared/core/ids.ts';
import type { MailTask } from '../../shared/mail/mail-task.ts';
import type { TemplateName } from '../../shared/mail/templates.ts';
import type { PeopleStore } from '../../shared/accounts/people-store.ts';
import type { Settings } from '../../shared/settings/settings.ts';
import { notificationRow } from '../../shared/notifications/notification.ts';
import { type Domain, renewableDomain } from '../../shared/domains/domain.ts';
import { domainRow, type DomainStore } from '../../shared/domains/domain-store.ts';
import { actOn } from '../../shared/schedule/steps.ts';
import {
  type Change,
  commit,
  portalContext,
  retryWhileStale,
  type WriteDependencies,
} from '../../shared/write/commit.ts';
import type { InvoiceStore } from '../../shared/invoices/invoice-store.ts';
import { type Lowered } from '../../shared/invoices/credit-notes/lower-invoice.ts';
import { numbersOf } from '../../shared/invoices/numbers.ts';
import { undeliveredLine } from '../../shared/renewals/paid-lines.ts';
import { mostAttempts, type RenewalWork, retryDelayMs } from '../../shared/renewals/renewal.ts';
import type { Registrar, RegistrarAnswer } from '../../shared/domains/registrar.ts';
import { type RenewalName, renewalRow, type RenewalStore } from '../../shared/renewals/renewal-store.ts';

export interface RegistrarDependencies extends WriteDependencies {
  registrar: Registrar;
  renewals: RenewalStore;
  domains: DomainStore;
  invoices: InvoiceStore;
  people: PeopleStore;
  settings(): Promise<Settings>;
  portalUrl: string;
  /** The address of the provider's staff for what needs a person; empty for none. */
  staffEmail: string;
  warn(message: string, details: Record<string, unknown>): void;
}

/**
 * Submits one paid renewal to the registrar. The attempt is written before the call: after an unknown outcome the
 * domain is looked up before the renewal is requested again, so that it happens once.
 */
export async function submitRenewal(
  dependencies: RegistrarDependencies,
  name: RenewalName,
  now: Date,
): Promise<void> {
  const attempt = await retryWhileStale(() => beginAttempt(dependencies, name, now));
  if (!attempt) return;
  const { work, before } = attempt;
  const answer = await requestRenewal(dependencies, work, before);
  await retryWhileStale(async () => {
    const current = await dependencies.renewals.get(name);
    if (!current || current.version !== work.version) return;
    if (answer.kind === 'renewed') return saveRenewed(dependencies, current, answer.expiresOn, now);
    const hopeless = answer.kind === 'refused' || current.attempts >= mostAttempts;
    if (answer.kind !== 'by-hand' && hopeless) {
      return saveFailed(dependencies, current, 'reason' in answer ? answer.reason : '', now);
    }
    return saveRetry(dependencies, current, answer, now);
  });
}

interface Attempt {
  work: RenewalWork;
  /** The status before this attempt. */
  before: RenewalWork['status'];
}

/** Writes the attempt before the registrar is called; null where nothing is left to request. */
async function beginAttempt(
  { renewals, ...dependencies }: RegistrarDependencies,
  name: RenewalName,
  now: Date,
): Promise<Attempt | null> {
  const stored = await renewals.get(name);
  if (!stored || stored.status === 'done' || stored.status === 'failed') return null;
  // Another run is at work on it, or it is not due yet.
  if (stored.dueAt > now.toISOString()) return null;
  const attempts = stored.attempts + 1;
  const dueAt = new Date(now.getTime() + retryDelayMs(attempts)).toISOString();
  const work: RenewalWork = { ...stored, status: 'asked', attempts, dueAt, version: newVersion() };
  await commit(dependencies, portalContext(now), {
    actions: [renewalRow(work, stored.version)],
    activity: [],
    outbox: [],
  });
  return { work, before: stored.status };
}

/** Requests the renewal. Success counts once the registration itself shows the new expiry. */
async function requestRenewal(
  { registrar, warn }: RegistrarDependencies,
  { domainId, name, years, expiresOn, accountId }: RenewalWork,
  before: RenewalWork['status'],
): Promise<RegistrarAnswer> {
  try {
    const expectedExpiry = addYears(expiresOn, years);
    const registered = before === 'asked' ? await registrar.look(name) : undefined;
    if (registered && registered.expiresOn >= expectedExpiry)
      return { kind: 'renewed', expiresOn: registered.expiresOn };
    const answer = await registrar.renew({ key: `${domainId}-${expiresOn}`, name, years, expiresOn });
    if (answer.kind !== 'renewed') return answer;
    const registration = await registrar.look(name);
    if (registration && registration.expiresOn >= expectedExpiry)
      return { kind: 'renewed', expiresOn: registration.expiresOn };
    return { kind: 'later', reason: 'The registrar said that it renewed the domain, and does not show it.' };
  } catch (error) {
    warn('The registrar gave no answer', { registrar: registrar.name, name, accountId, error });
    return { kind: 'later', reason: 'The registrar does not answer.' };
  }
}

async function saveRenewed(
  dependencies: RegistrarDependencies,
  work: RenewalWork,
  expiresOn: Day,
  now: Date,
): Promise<void> {
  const { domains, people, portalUrl } = dependencies;
  const { accountId, domainId, name, years } = work;
  const domain = await domains.get(accountId, domainId);
  const account = (await people.account(accountId)) ?? { id: accountId, name: '' };
  const { invoiceDaysBefore } = await dependencies.settings();
  const renewed = domain && extended(domain, work, expiresOn);
  const finished: RenewalWork = { ...work, status: 'done', version: newVersion() };
  const mail: MailTask = {
    ...billingMail('domain-renewed', account, {
      domain: name,
      years: years === 1 ? 'a year' : `${years} years`,
      expiresOn,
      domainUrl: `${portalUrl}/domains/${domainId}`,
    }),
    mailKind: 'domain',
    audience: { kind: 'list', list: 'domain' },
  };
  await commit(dependencies, portalContext(now), {
    actions: [
      renewalRow(finished, work.version),
      ...(renewed
        ? [domainRow(renewed, domain.version, actOn(renewableDomain(renewed), invoiceDaysBefore))]
        : []),
    ],
    activity: [
      {
        accountId,
        action: 'domain.renewed',
        subject: { kind: 'domain', id: domainId, name },
        before: { expiresOn: work.expiresOn },
        after: { expiresOn, years },
      },
    ],
    outbox: [mail],
  });
}

/** The domain with its new expiry; its due day moves too. */
function extended(domain: Domain, { expiresOn: before }: RenewalWork, expiresOn: Day): Domain {
  const dueWithExpiry = domain.nextDueOn === before || domain.nextDueOn <= expiresOn;
  return {
    ...domain,
    expiresOn,
    nextDueOn: dueWithExpiry ? expiresOn : domain.nextDueOn,
    invoicedFor: null,
    invoiceId: null,
    paidFor: null,
    version: newVersion(),
  };
}

/** The note that takes a renewal off its invoice; null where it was taken off, or given back, before. */
async function noteOf(
  { table, invoices, people, portalUrl, settings }: RegistrarDependencies,
  { accountId, payerId = accountId, invoiceId, lineIndex, name }: RenewalWork,
  now: Date,
): Promise<Lowered | null> {
  const [invoice, payer] = await Promise.all([invoices.get(payerId, invoiceId), people.account(payerId)]);
  if (!invoice) return null;
  const today = dayIn((await settings()).timeZone, now);
  const account = payer ?? { id: payerId, name: '' };
  const context = { account, numbers: numbersOf(table, today), portalUrl, today, now };
  return undeliveredLine(table, context, invoice, lineIndex, {
    key: 'reason.notRenewed',
    values: { name },
  });
}

/** Gives up a renewal: a credit note makes credit of what was paid, and both accounts and staff are notified. */
async function saveFailed(
  dependencies: RegistrarDependencies,
  work: RenewalWork,
  reason: string,
  now: Date,
): Promise<void> {
  const { domains, people, portalUrl } = dependencies;
  const { accountId, payerId = accountId, domainId, name, currency } = work;
  const account = (await people.account(accountId)) ?? { id: accountId, name: '' };
  const domain = await domains.get(accountId, domainId);
  const { invoiceDaysBefore } = await dependencies.settings();
  // Its due day stays invoiced: it is not invoiced again before staff have looked at it.
  const unpaid = domain && { ...domain, paidFor: null, invoiceId: null, version: newVersion() };
  const finished: RenewalWork = { ...work, status: 'failed', version: newVersion() };
  const note = await noteOf(dependencies, work, now);
  const amount = moneyText({ amount: note?.note.back ?? 0, currency });
  const payer =
    payerId === accountId ? account : ((await people.account(payerId)) ?? { id: payerId, name: '' });
  const notificationFacts = {
    kind: 'renewal-failed' as const,
    to: { permissions: ['domains'] as Permission[] },
    text: `${name} could not be renewed: ${reason}`,
    subject: { kind: 'domain', id: domainId, name },
  };
  const facts = { domain: name, reason, portalUrl };
  const mails = [...new Set([account, payer])].map((recipient): MailTask => ({
    // Only the payer's mail names the amount.
    ...billingMail('domain-renewal-failed', recipient, {
      ...facts,
      amount: recipient === payer ? amount : '',
    }),
    mailKind: 'domain',
    audience: { kind: 'list', list: 'domain' },
  }));
  await commit(dependencies, portalContext(now), {
    actions: [
      renewalRow(finished, work.version),
      ...(unpaid
        ? [domainRow(unpaid, domain.version, actOn(renewableDomain(unpaid), invoiceDaysBefore))]
        : []),
      ...(note?.actions ?? []),
      notificationRow(
        { ...notificationFacts, accountId, href: `/v1/accounts/${accountId}/domains/${domainId}` },
        now,
      ),
      ...(payerId === accountId ? [] : [notificationRow(payerNotification(payerId, notificationFacts), now)]),
    ],
    activity: [
      {
        accountId,
        action: 'domain.renewal-failed',
        subject: { kind: 'domain', id: domainId, name },
        before: null,
        after: { reason, credit: amount },
      },
      ...(note?.activity ?? []),
    ],
    // The mail about the renewal names the amount: the note has none of its own.
    outbox: [...mails, ...staffMail(dependencies, 'staff-renewal-failed', account, { domain: name, reason })],
  });
}

/** The payer's notification links to the credit. */
function payerNotification(
  accountId: string,
  recipient: Omit<Parameters<typeof notificationRow>[0], 'accountId' | 'href'>,
) {
  const to = { permissions: ['invoices'] as Permission[] };
  return { ...recipient, accountId, to, href: `/v1/accounts/${accountId}/credit` };
}

async function saveRetry(
  dependencies: RegistrarDependencies,
  work: RenewalWork,
  answer: RegistrarAnswer,
  now: Date,
): Promise<void> {
  const { people } = dependencies;
  const { accountId, name, attempts } = work;
  const byHand = answer.kind === 'by-hand';
  const change: Change = { actions: [], activity: [], outbox: [] };
  if (byHand && attempts === 1) {
    const account = (await people.account(accountId)) ?? { id: accountId, name: '' };
    const years = String(work.years);
    change.outbox = staffMail(dependencies, 'staff-renewal-by-hand', account, { domain: name, years });
  }
  // A manual renewal has no limit of attempts: the registration is looked up every four hours.
  const retried: RenewalWork = {
    ...work,
    attempts: byHand ? Math.min(attempts, mostAttempts - 2) : attempts,
    version: newVersion(),
  };
  await commit(dependencies, portalContext(now), { ...change, actions: [renewalRow(retried, work.version)] });
}

/** A mail to the provider's staff. */
export function staffMail(
  { staffEmail }: Pick<RegistrarDependencies, 'staffEmail'>,
  template: TemplateName,
  account: { id: string; name: string },
  data: Record<string, string>,
): MailTask[] {
  if (staffEmail === '') return [];
  return [
    {
      kind: 'mail',
      template,
      accountId: null,
      mailKind: 'domain',
      audience: { kind: 'person', email: staffEmail, name: '', contactId: null },
      data: { accountName: account.name, accountId: account.id, ...data },
      thread: null,
      inReplyTo: null,
    },
  ];
}
