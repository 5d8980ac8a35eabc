import { newVersion } from '../core/ids.ts';
import { contactRows } from '../accounts/people-store.ts';
import { contactActivity } from '../accounts/contact.ts';
import { answeredRows, type Question, type QuestionAnswer } from '../mail/questions/question.ts';
import { type InboundRecord, recordRow } from '../mail/received/inbound-mail-store.ts';
import type { Action } from '../table/table.ts';
import { type Change, commit, portalContext, retryWhileStale } from '../write/commit.ts';
import { handleMail } from './handle-mail.ts';
import type { InboundDependencies } from './inbound-dependencies.ts';

const pageSize = 50;

/**
 * Answers a question, once, and handles what waited for it. Where that stops half way, the same answer goes on with it.
 * @throws StaleRead where it is being answered by somebody else
 */
export async function answerQuestion(
  dependencies: InboundDependencies,
  question: Question,
  answer: QuestionAnswer,
): Promise<void> {
  const { questions } = dependencies;
  const { email, claim, asksSender, fingerprint } = question;
  const waits = claim && !asksSender ? await questions.claim(email, claim.accountId) : undefined;
  if (question.answer === undefined) await writeAnswer(dependencies, question, answer, waits);
  for (const each of new Set([fingerprint, ...(waits?.waiting ?? [])])) {
    await goOn(dependencies, each, asksSender && each === fingerprint ? answer : null);
  }
}

async function writeAnswer(
  { people, clock, ...dependencies }: InboundDependencies,
  question: Question,
  answer: QuestionAnswer,
  waits: Parameters<typeof answeredRows>[2],
): Promise<void> {
  const { claim, email } = question;
  const contact =
    claim && answer === 'yes' ? await people.contact(claim.accountId, claim.contactId) : undefined;
  // The press shows that the address is its reader's, in the account that its page named.
  const isStill = contact && contact.email === email && contact.proven !== true;
  const after = isStill && { ...contact, proven: true, version: newVersion() };
  const change: Change = {
    actions: [...answeredRows(question, answer, waits), ...(after ? contactRows(contact, after) : [])],
    activity: after ? [contactActivity('contact.address-proven', contact, after, { access: false })] : [],
    outbox: [],
  };
  await commit(dependencies, portalContext(clock()), change);
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

/** What time has answered: questions that nobody did, and strangers' mail that nobody wanted. */
export async function settleWaiting(dependencies: InboundDependencies): Promise<{ settled: number }> {
  const { questions, mails, clock } = dependencies;
  const [asked, kept] = await Promise.all([
    questions.due(clock(), { limit: pageSize, after: undefined }),
    mails.due(clock(), { limit: pageSize, after: undefined }),
  ]);
  for (const { id } of asked.items) {
    await retryWhileStale(async () => {
      const question = await questions.find(id);
      if (question && question.answer === undefined) await answerQuestion(dependencies, question, 'nobody');
    });
  }
  for (const { fingerprint } of kept.items) {
    await retryWhileStale(async () => {
      const record = await mails.find(fingerprint);
      if (record?.outcome === 'quarantined')
        await discard(dependencies, record, 'nobody wanted it in 30 days');
    });
  }
  return { settled: asked.items.length + kept.items.length };
}
