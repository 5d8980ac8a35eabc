import type { Language } from '../../shared/language/languages.ts';
import type { Action } from '../../shared/table/table.ts';
import type { Clock } from '../../shared/core/clock.ts';
import { worded } from '../../shared/language/phrase.ts';
import { toInstant, toSeconds } from '../../shared/core/clock.ts';
import { newId } from '../../shared/core/ids.ts';
import type { DocumentRef } from '../../shared/invoices/documents/document-task.ts';
import { undoubtedRow } from '../../shared/mail/delivery/dead-addresses.ts';
import { sentRow } from '../../shared/mail/delivery/sent-messages.ts';
import { type MailTask, switchOf } from '../../shared/mail/mail-task.ts';
import { questionMailRow } from '../../shared/mail/questions/question.ts';
import { render, type RenderedMail } from '../../shared/mail/render.ts';
import { replyAddress } from '../../shared/mail/reply-token.ts';
import type { Template, TemplateName } from '../../shared/mail/templates.ts';
import { mailToAddressRow } from '../../shared/mail/sent/mail-to-address.ts';
import { sentCopyKey } from '../../shared/mail/sent/sent-copy.ts';
import { threadRows, type ThreadStore } from '../../shared/mail/threads.ts';
import { syncLogin } from '../../shared/accounts/logins/admission.ts';
import { forgetUnproven } from '../../shared/accounts/logins/forget-unproven.ts';
import type { LoginDirectory } from '../../shared/accounts/logins/directory.ts';
import { type EndSessionsDependencies, repairEnding } from '../../shared/accounts/logins/end-sessions.ts';
import { type Department, departmentById } from '../../shared/settings/departments.ts';
import type { Files } from '../../shared/tickets/attachment.ts';
import type { Recipients } from '../../shared/tickets/recipients.ts';
import { removeUpload } from '../../shared/tickets/remove-upload.ts';
import { type AddressDependencies, changeAddress } from './change-address.ts';
import { changeOwner } from './change-owner.ts';
import { compose, type OutgoingMail, type Sender } from './compose.ts';
import { findReaders, type Readers, type RecipientDependencies } from './find-recipients.ts';
import type { OutboxStore, StoredTask } from './outbox-store.ts';
import { isSecret, secretData, type SecretDependencies, switchUrl } from './secret-data.ts';
import { leftTicket, reopenRefused, type TicketMailDependencies } from './sending/left-ticket.ts';
import { digestData, digestWaitsUntil } from './sending/digest.ts';
import { holdBack, type HoldDependencies, overLimit, withoutPeople } from './sending/hold-back.ts';
import { checkTaxId, type TaxIdDependencies } from './tax-id/check-tax-id.ts';
import { noteNotMailed } from './sending/not-mailed.ts';
import { isSplit, splitTask, withoutAddresses } from './sending/split-task.ts';

/** The mail service's answer: sent under this id, to be retried later, or refused for good. */
export type Sent =
  { kind: 'sent'; messageId: string } | { kind: 'later' } | { kind: 'refused'; reason: string };

export interface OutboxDependencies
  extends
    RecipientDependencies,
    SecretDependencies,
    AddressDependencies,
    TicketMailDependencies,
    HoldDependencies,
    TaxIdDependencies,
    Pick<EndSessionsDependencies, 'secondOver'> {
  tasks: OutboxStore;
  files: Pick<Files, 'remove'>;
  threads: ThreadStore;
  directory: LoginDirectory;
  send(mail: OutgoingMail): Promise<Sent>;
  /** Queues the task again after that many seconds. */
  remind(id: string, delaySeconds: number): Promise<void>;
  warn(message: string, details: Record<string, unknown>): void;
  template(name: TemplateName, language: Language): Promise<Template>;
  departments(): Promise<Department[]>;
  sender: Sender;
  clock: Clock;
  /** Takes an address off the mail service's own list of those that it sends nothing to. */
  unsuppress(address: string): Promise<void>;
  /** Has a document printed; idempotent. */
  printDocument(document: DocumentRef): Promise<void>;
  /** Delivers what these paid invoices are for; idempotent. */
  fulfil(accountId: string, invoiceIds: string[], now: Date): Promise<void>;
}

/** After this many attempts, about three days by the delays below, a task is parked and raises an alarm. */
const mostAttempts = 80;
const longestDelaySeconds = 3600;
const hourMs = 60 * 60 * 1000;
/** How long what is said of a mail is believed: servers retry for five days, and complaints come late. */
const bounceSeconds = 30 * 24 * 60 * 60;

/** Runs one task, unless another run has claimed it. A failed task is retried after a growing delay. */
export async function runTask(dependencies: OutboxDependencies, id: string): Promise<void> {
  const { tasks, clock } = dependencies;
  const stored = await tasks.claim(id, clock());
  if (!stored) return;
  let outcome: Outcome;
  try {
    outcome = await perform(dependencies, stored);
  } catch (error) {
    dependencies.warn('An outbox task failed', { id, error });
    outcome = { kind: 'later' };
  }
  if (outcome.kind === 'wait') return tasks.release(id, outcome.until);
  if (outcome.kind === 'done') {
    await tasks.finish(id, outcome.rows);
    for (const next of outcome.remind ?? []) await dependencies.remind(next, 0);
    return;
  }
  const { attempts } = stored;
  if (outcome.kind === 'never' || attempts >= mostAttempts) {
    const reason = outcome.kind === 'never' ? outcome.reason : `failed ${attempts} times`;
    dependencies.warn('An outbox task was set aside', { id, reason });
    return tasks.park(id, reason);
  }
  const delaySeconds = Math.min(longestDelaySeconds, 2 ** Math.min(attempts, 12));
  await tasks.release(id, new Date(clock().getTime() + delaySeconds * 1000));
  // The queue delays by 15 minutes at most; the sweep finds tasks that are due later.
  if (delaySeconds <= 900) await dependencies.remind(id, delaySeconds);
}

type Outcome =
  | { kind: 'done'; rows: Action[]; remind?: string[] }
  /** It is not due before then; this was no failed attempt. */
  | { kind: 'wait'; until: Date }
  | { kind: 'later' }
  | { kind: 'never'; reason: string };

async function perform(
  dependencies: OutboxDependencies,
  { id, task, attempts }: StoredTask,
): Promise<Outcome> {
  if (task.kind === 'mail') {
    const until = await digestWaitsUntil(dependencies, task, dependencies.clock());
    return until ? { kind: 'wait', until } : sendMail(dependencies, id, task);
  }
  if (task.kind === 'change-address') {
    const until = await changeAddress(dependencies, task, dependencies.clock());
    if (until) return { kind: 'wait', until };
  } else if (task.kind === 'change-owner') {
    const until = await changeOwner(dependencies, task, dependencies.clock());
    if (until) return { kind: 'wait', until };
  } else if (task.kind === 'check-tax-id') {
    const until = await checkTaxId(dependencies, task, attempts, dependencies.clock());
    if (until) return { kind: 'wait', until };
  } else if (task.kind === 'remove-upload') {
    return removeUpload(dependencies, task.attachmentId, dependencies.clock());
  } else if (task.kind === 'invoices-paid') {
    await dependencies.fulfil(task.accountId, task.invoiceIds, dependencies.clock());
  } else if (task.kind === 'documents') {
    for (const document of task.documents) await dependencies.printDocument(document);
  } else if (task.kind === 'unsuppress') await dependencies.unsuppress(task.address);
  else if (task.kind === 'forget-unproven') await forgetUnproven(dependencies, task, dependencies.clock());
  else if (task.kind === 'end-sessions') await repairEnding(dependencies, task);
  else await syncLogin(dependencies, task.userId);
  return { kind: 'done', rows: [] };
}

async function sendMail(dependencies: OutboxDependencies, id: string, task: MailTask): Promise<Outcome> {
  const now = dependencies.clock();
  const found = await findReaders(dependencies, task, now);
  const left = await leftTicket(dependencies, task, found, now);
  const readers = withoutAddresses(found, { departments: await dependencies.departments(), left });
  const dead = found
    .flatMap((group) => group.dead)
    .filter(({ address }) => !left.has(address))
    .map(({ address, reason }) => ({ email: address, reason: `the address is dead (${reason})` }));
  await noteNotMailed(dependencies, id, task, dead, null, now);
  const [first, ...others] = readers;
  if (!first?.recipients.to) return { kind: 'done', rows: [] };
  const { language } = first;
  const { email } = first.recipients.to;
  const late =
    (await digestData(dependencies, task, email)) ?? (await secretData(dependencies, task, email, now));
  // What it is for was done or withdrawn meanwhile.
  if (late === null) return { kind: 'done', rows: [] };
  // Each language's readers are counted by the task of their own.
  if (others.length > 0) return splitTask(task, readers, now);
  const data = { ...task.data, ...worded(language, task.words ?? {}), ...late };
  const mail = await render(await dependencies.template(task.template, language), data);
  const held = await overLimit(dependencies, id, task, first, now);
  const enough = held.map(({ email: address }) => ({
    email: address,
    reason: 'it had enough mail that day',
  }));
  await noteNotMailed(dependencies, id, task, enough, mail.subject, now);
  // What waits for the answer must not be lost to other mail of the day.
  if (held.length > 0 && task.question) return { kind: 'wait', until: new Date(now.getTime() + hourMs) };
  // A code or signed link is no use a day later: whoever waits for it asks again.
  if (held.length > 0 && !isSecret(task)) await holdBack(dependencies, id, task, held, mail, now);
  const within = { ...first, recipients: withoutPeople(first.recipients, held) };
  // They were counted here, once.
  if (isSplit(within)) return splitTask(task, [{ ...within, limited: new Set() }], now);
  return sendNow(dependencies, id, task, within, mail, now);
}

async function sendNow(
  dependencies: OutboxDependencies,
  id: string,
  task: MailTask,
  { recipients, doubted }: Readers,
  mail: RenderedMail,
  now: Date,
): Promise<Outcome> {
  const { threads } = dependencies;
  const { sender, replyTo } = await addresses(dependencies, task);
  const outgoing = await compose({
    sender,
    recipients,
    mail,
    replyTo,
    references: task.thread === null ? [] : await threads.references(task.thread.ticketId),
    inReplyTo: task.inReplyTo,
    automatic: automaticKind(task.template),
    unsubscribeUrl: await unsubscribeUrl(dependencies, task, recipients, now),
    date: now,
  });
  if (!outgoing) return { kind: 'done', rows: [] };
  const sent = await dependencies.send(outgoing);
  if (sent.kind === 'later') return sent;
  if (sent.kind === 'refused') {
    const reason = `the mail service refused it (${sent.reason})`;
    const refused = outgoing.destinations.map((email) => ({ email, reason }));
    await noteNotMailed(dependencies, id, task, refused, mail.subject, now);
    await reopenRefused(dependencies, task, outgoing.destinations, sent.reason, now);
    return { kind: 'never', reason: sent.reason };
  }
  const rows = rowsOfSentMail(task, id, mail, outgoing, sent.messageId, now);
  const alone = recipients.to?.email ?? '';
  return { kind: 'done', rows: doubted.size > 0 ? [...rows, undoubtedRow(alone)] : rows };
}

/**
 * The link by which the reader's mail program switches this kind of mail off: of mail of a kind, to one address alone. What
 * the law asks for, and mail about access, is of no list.
 */
async function unsubscribeUrl(
  dependencies: OutboxDependencies,
  task: MailTask,
  { to, cc }: Recipients,
  now: Date,
): Promise<string | null> {
  const { accountId } = task;
  const kind = switchOf(task);
  if (kind === null || accountId === null || !to || cc.length > 0) return null;
  const { accounts } = await dependencies.people.byAddress(to.email);
  const known = accounts.find((each) => each.accountId === accountId);
  if (!known) return null;
  const off = { accountId, contactId: known.contactId, kind, on: false };
  return switchUrl(dependencies, off, to.email, now);
}

/** Null for replies, which people write; all other mail is generated, some of it as an answer to one mail. */
function automaticKind(template: TemplateName) {
  if (template === 'ticket-reply') return null;
  return template === 'unknown-sender' || template === 'replies-only' ? 'auto-replied' : 'auto-generated';
}

/** The sender and the reply address: those of the ticket's department, the latter with a token of the ticket. */
async function addresses(dependencies: OutboxDependencies, { thread, departmentId }: MailTask) {
  const { sender } = dependencies;
  if (thread === null && departmentId === undefined) return { sender, replyTo: sender.address };
  const wanted = thread?.departmentId ?? departmentId ?? null;
  const { address } = departmentById(await dependencies.departments(), wanted);
  if (thread === null) return { sender: { ...sender, address }, replyTo: address };
  const keys = await dependencies.replyKeys();
  const replyTo = replyAddress(address, thread.number, thread.ticketId, keys);
  return { sender: { ...sender, address }, replyTo };
}

/** The rows of a sent mail: the bounce record, the account's copy, and the entry in the ticket's thread. */
function rowsOfSentMail(
  task: MailTask,
  taskId: string,
  mail: RenderedMail,
  outgoing: OutgoingMail,
  messageId: string,
  now: Date,
): Action[] {
  const { accountId, thread } = task;
  const { destinations } = outgoing;
  const asked = task.question ? [questionMailRow(messageId, task.question.id, now)] : [];
  const about = thread && { id: thread.ticketId, isReply: task.template === 'ticket-reply' };
  const id = newId('email', now);
  const record = { id, messageId, destinations, accountId, kind: switchOf(task), ticket: about };
  const sent = sentRow(record, toSeconds(now) + bounceSeconds);
  const told = {
    id,
    sentAt: toInstant(now),
    accountId,
    template: task.template,
    subject: mail.subject,
    messageId,
  };
  const toEach = destinations.map((email) =>
    mailToAddressRow(email, { ...told, outcome: 'sent', reason: null }, now),
  );
  const always = [sent, ...toEach, ...asked];
  if (accountId === null) return always;
  const copy = {
    put: {
      ...sentCopyKey(accountId, id),
      id,
      taskId,
      kind: task.mailKind,
      to: destinations,
      subject: mail.subject,
      // A code or signed link is for its reader alone.
      text: isSecret(task) ? '' : truncated(mail.text),
      html: isSecret(task) ? '' : truncated(mail.html),
      messageId,
      sentAt: toInstant(now),
    },
  };
  if (thread === null) return [...always, copy];
  return [...always, copy, ...threadRows({ ticketId: thread.ticketId, messageId, at: toInstant(now) })];
}

/** In bytes, for each part of the copy: a row holds 400 KB, and it must fit, as the mail has been sent. */
const longestCopiedBytes = 150_000;

function truncated(text: string): string {
  if (Buffer.byteLength(text) <= longestCopiedBytes) return text;
  return `${Buffer.from(text)
    .subarray(0, longestCopiedBytes)
    .toString()
    .replace(/\uFFFD+$/, '')} […]`;
}

/** Runs overdue tasks, 50 at most and 5 at a time. Returns how many. */
export async function sweep(dependencies: OutboxDependencies): Promise<number> {
  const due = await dependencies.tasks.due(dependencies.clock(), 50);
  for (let start = 0; start < due.length; start += 5) {
    await Promise.all(due.slice(start, start + 5).map((id) => runTask(dependencies, id)));
  }
  return due.length;
}
