import { newVersion } from '../core/ids.ts';
import '../accounts/logins/forget-unproven.ts';
import type { Contact } from '../accounts/people.ts';
import { contactRows } from '../accounts/people-store.ts';
import { contactActivity } from '../accounts/contact.ts';
import {
  answeredRows,
  mailedRows,
  type Question,
  type QuestionAnswer,
  settledRow,
} from '../mail/questions/question.ts';
import { type InboundRecord, recordRow } from '../mail/received/inbound-mail-store.ts';
import type { PageRequest, StoredPage } from '../table/page.ts';
import type { Action } from '../table/table.ts';
import { type Change, commit, portalContext, retryWhileStale } from '../write/commit.ts';
import { handleMail } from './handle-mail.ts';
import type { InboundDependencies } from './inbound-dependencies.ts';
import { questionMail } from './waiting.ts';

const pageSize = 50;

/**
 * Answers a question, once, and handles what waited for it. Where that stops half way, the same answer goes on with it,
 * and so does the job.
 * @throws StaleRead where it is being answered by somebody else
 */
export async function answerQuestion(
  dependencies: InboundDependencies,
  question: Question,
  answer: QuestionAnswer,
): Promise<void> {
  const { questions, clock } = dependencies;
  const { email, claim, asksSender, fingerprint } = question;
  const waits = claim && !asksSender ? await questions.claim(email, claim.accountId) : undefined;
  if (question.answer === undefined) await writeAnswer(dependencies, question, answer, waits);
  for (const each of new Set([fingerprint, ...(waits?.waiting ?? [])])) {
    await goOn(dependencies, each, asksSender && each === fingerprint ? answer : null);
  }
  if (claim && asksSender && answer === 'yes') await answerOfClaim(dependencies, email, claim.accountId);
  const change = { actions: [settledRow(question)], activity: [], outbox: [] };
  await commit(dependencies, portalContext(clock()), change);
}

/** A yes to mail that was not believed says of the account too that it speaks truly: what waits for that goes on. */
async function answerOfClaim(
  dependencies: InboundDependencies,
  email: string,
  accountId: string,
): Promise<void> {
  const { questions } = dependencies;
  const claim = await questions.claim(email, accountId);
  const question = claim && (await questions.find(claim.questionId));
  if (claim?.state !== 'asked' || !question || question.asksSender) return;
  await answerQuestion(dependencies, question, question.answer ?? 'yes');
}

async function writeAnswer(
  { people, clock, ...dependencies }: InboundDependencies,
  question: Question,
  answer: QuestionAnswer,
  waits: Parameters<typeof answeredRows>[2],
): Promise<void> {
  const { claim, email } = question;
  const now = clock();
  // The press shows that the address is its reader's, in the account that its page named.
  const contact = claim && answer === 'yes' ? await contactAt(people, email, claim.accountId) : undefined;
  const after = contact && contact.proven !== true && { ...contact, proven: true, version: newVersion() };
  const change: Change = {
    actions: [...answeredRows(question, answer, waits, now), ...(after ? contactRows(contact, after) : [])],
    activity: after ? [contactActivity('contact.address-proven', contact, after, { access: false })] : [],
    outbox: answer === 'yes' ? await unprovenLogin(people, email) : [],
  };
  await commit(dependencies, portalContext(now), change);
}

/** Its holder is found: what somebody else set up on a login of that address is worth nothing any more. */
async function unprovenLogin(
  people: InboundDependencies['people'],
  email: string,
): Promise<Change['outbox']> {
  const { userId } = await people.byAddress(email);
  const login = userId === null ? undefined : await people.login(userId);
  return login && !login.proven ? [{ kind: 'forget-unproven', userId: login.userId }] : [];
}

/** The contact with this address in the account now: it may have been recorded anew since the question was asked. */
async function contactAt(
  people: InboundDependencies['people'],
  email: string,
  accountId: string,
): Promise<Contact | undefined> {
  const { accounts } = await people.byAddress(email);
  const known = accounts.find((each) => each.accountId === accountId);
  return known?.contactId ? people.contact(accountId, known.contactId) : undefined;
}

/** Handles a message that waited, unless somebody has; `answer` is that of the holder of a From that is not believed. */
async function goOn(
  dependencies: InboundDependencies,
  fingerprint: string,
  answer: QuestionAnswer | null,
): Promise<void> {
  await retryWhileStale(async () => {
    const record = await dependencies.mails.find(fingerprint);
    if (record?.outcome !== 'quarantined') return;
    if (answer === 'no') {
      await discard(dependencies, record, 'the holder of the address did not write it');
    } else if (answer !== 'nobody') {
      await handleMail(dependencies, record.received, { record, by: null, confirmed: answer === 'yes' });
    }
  });
}

async function discard(
  dependencies: InboundDependencies,
  before: InboundRecord,
  reason: string,
): Promise<void> {
  const record: InboundRecord = { ...before, outcome: 'discarded', reason, version: newVersion() };
  const row: Action = recordRow(record, before, null);
  await commit(dependencies, portalContext(dependencies.clock()), {
    actions: [row],
    activity: [],
    outbox: [],
  });
}

/**
 * What time has answered: questions that nobody did, and strangers' mail that nobody wanted. What was answered and not
 * gone through to its end is, too, and questions are mailed that had to wait for a day with room.
 */
export async function settleWaiting(dependencies: InboundDependencies): Promise<{ settled: number }> {
  const { questions, mails, clock } = dependencies;
  const now = clock();
  const asked = await everyDue((page) => questions.due(now, page));
  const kept = await everyDue((page) => mails.due(now, page));
  const failed: unknown[] = [];
  // What fails keeps nothing else back; it is due again in an hour.
  const attempt = (run: () => Promise<void>) =>
    retryWhileStale(run).catch((error: unknown) => {
      failed.push(error);
    });
  for (const { id, unmailed } of asked) {
    await attempt(async () => {
      const question = await questions.find(id);
      const isAnswered = question?.answer !== undefined;
      if (unmailed && !isAnswered) await mailLate(dependencies, question);
      else if (question) await answerQuestion(dependencies, question, question.answer ?? 'nobody');
    });
  }
  for (const { fingerprint } of kept) {
    await attempt(async () => {
      const record = await mails.find(fingerprint);
      if (record?.outcome === 'quarantined')
        await discard(dependencies, record, 'nobody wanted it in 30 days');
    });
  }
  if (failed.length === 1) throw failed[0];
  if (failed.length > 1)
    throw new AggregateError(failed, `${failed.length} of what waits could not be settled`);
  return { settled: asked.length + kept.length };
}

/** Mails a question for which the day of its message had no room, where today has. */
async function mailLate(dependencies: InboundDependencies, question: Question | undefined): Promise<void> {
  // Another run has just mailed it.
  if (!question?.unmailed) return;
  const now = dependencies.clock();
  if (!(await dependencies.questions.mayAsk(question.email, now)).first) return;
  const change = { actions: mailedRows(question, now), activity: [], outbox: [questionMail(question)] };
  await commit(dependencies, portalContext(now), change);
}

async function everyDue<T>(read: (page: PageRequest) => Promise<StoredPage<T>>): Promise<T[]> {
  const due: T[] = [];
  let after: PageRequest['after'];
  do {
    const { items, next } = await read({ limit: pageSize, after });
    due.push(...items);
    after = next ?? undefined;
  } while (after);
  return due;
}
