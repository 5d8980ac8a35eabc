import { secondsToInstant, toSeconds } from '../../shared/core/clock.ts';
import { conflict, notFound } from '../../shared/core/problem.ts';
import type { InboundDependencies } from '../../shared/inbound-mail/inbound-dependencies.ts';
import { answerQuestion } from '../../shared/inbound-mail/settle.ts';
import type { Language } from '../../shared/language/languages.ts';
import { escaped, page, words } from '../../shared/http/pages/page.ts';
import { readQuestion } from '../../shared/mail/invitations/signed-link.ts';
import type { Question } from '../../shared/mail/questions/question.ts';
import type { Reply } from '../../shared/write/idempotency.ts';

/** What the page behind a question's link shows. */
export interface QuestionView {
  receivedAt: string;
  server: string;
  subject: string;
  firstLines: string;
  /** The account that names the address as a contact's, for a first message; null where that is known. */
  account: { name: string; owner: string } | null;
  expiresAt: string;
}

/**
 * The question behind a mailed link.
 * @throws Problem where the link was never signed for its address, is over, or was answered
 */
export async function questionBehind(
  { questions, replyKeys, clock }: InboundDependencies,
  token: string,
  answer?: 'yes' | 'no',
): Promise<Question> {
  const link = readQuestion(token);
  const question = link && (await questions.find(link.question));
  if (!link || !question || !link.isFor(question.email, await replyKeys())) throw notFound();
  // The same press once more goes on with what it began.
  const isOver = question.answer !== undefined && question.answer !== answer;
  if (isOver || link.expiresAtSeconds <= toSeconds(clock())) {
    throw conflict('This question was answered already, or its time is over.');
  }
  return question;
}

export async function questionView(
  { people }: InboundDependencies,
  { shown, claim, untilSeconds }: Question,
): Promise<QuestionView> {
  const account = claim ? await people.account(claim.accountId) : undefined;
  return {
    ...shown,
    account: account ? { name: account.name, owner: account.owner.email } : null,
    expiresAt: secondsToInstant(untilSeconds)!,
  };
}

/** Answers by the press of a button: opening the link does nothing, as scanners open links too. */
export async function pressAnswer(
  dependencies: InboundDependencies,
  token: string,
  answer: 'yes' | 'no',
): Promise<{ answer: 'yes' | 'no' }> {
  await answerQuestion(dependencies, await questionBehind(dependencies, token, answer), answer);
  return { answer };
}

export function questionPage(language: Language, view: QuestionView): Reply {
  const { receivedAt, server, subject, firstLines, account } = view;
  const received = { day: receivedAt.slice(0, 10), time: receivedAt.slice(11, 16), server };
  const claim = account
    ? `<p>${words(language, 'page.question.claim', { accountName: account.name, owner: account.owner })}</p>\n`
    : '';
  const button = (answer: 'yes' | 'no') =>
    `<button name="answer" value="${answer}">${words(language, `page.question.${answer}`)}</button>`;
  return page(
    language,
    'page.question.title',
    `<p>${words(language, 'page.question.received', received)}</p>
<p><b>${escaped(subject)}</b></p>
<p>${words(language, 'page.question.begins')}</p>
<pre>${escaped(firstLines)}</pre>
${claim}<form method="post"><p>${button('yes')} ${button('no')}</p></form>`,
  );
}

export function answeredPage(language: Language, { answer }: { answer: 'yes' | 'no' }): Reply {
  return page(language, 'page.answered.title', `<p>${words(language, `page.answered.${answer}`)}</p>`);
}
