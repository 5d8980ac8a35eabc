import { addressPartition } from '../../accounts/keys.ts';
import { type Claim } from '../../accounts/people.ts';
import { toInstant, toSeconds } from '../../core/clock.ts';
import { newVersion } from '../../core/ids.ts';
import { type PageRequest, type StoredPage, stripped, strippedPage } from '../../table/page.ts';
import { absent, type Action, equals, free, type Key, present, type Table } from '../../table/table.ts';
import { countedAddress } from '../limits/counted-address.ts';

/** How a question was answered; nobody: its time went by. */
export type QuestionAnswer = 'yes' | 'no' | 'nobody';

/** A question to the address that a message names as its sender. Its mail holds one link and nothing of the message. */
export interface Question {
  id: string;
  email: string;
  /** The message that it is about. */
  fingerprint: string;
  /** The message is not shown to be from that address: without a yes it is nobody's. */
  asksSender: boolean;
  /** The account that says that the address is a contact's of it, which nothing has shown yet; null where that is shown. */
  claim: { accountId: string } | null;
  /** What its page shows of the message, as plain text. */
  shown: { receivedAt: string; server: string; subject: string; firstLines: string };
  /** The link works until then, in Unix seconds. */
  untilSeconds: number;
  /** The address was asked often enough on that day: its mail goes out on the first that has room for it. */
  unmailed?: true;
  answer?: QuestionAnswer;
  version: string;
}

const linkSeconds = 7 * 24 * 60 * 60;
/** Without an answer for so long, mail of an address that an account only claims goes on as a stranger's. */
const claimSeconds = 3 * 24 * 60 * 60;
const keptSeconds = 60 * 24 * 60 * 60;
/** Questions to an address on one day. Where nothing has shown it, forgers leave one for its own first mail. */
const mostInADay = { unbelieved: 2, inAll: 3 };
/** Messages that wait for one answer; more wait for staff. */
const mostWaiting = 50;

const questionKey = (id: string): Key => ({ pk: `QUESTION#${id}`, sk: 'QUESTION' });
const mailKey = (messageId: string): Key => ({ pk: `MESSAGE-ID#${messageId}`, sk: 'QUESTION' });
const claimKey = (email: string, accountId: string): Key => ({
  pk: addressPartition(email),
  sk: `CLAIM#${accountId}`,
});
const countKey = (email: string, now: Date): Key => ({
  pk: `QUESTIONS#${countedAddress(email)}`,
  sk: toInstant(now).slice(0, 10),
});
const duePartition = 'QUESTIONS-DUE';
const dueKey = (id: string, at: Date) => ({ gsi1pk: duePartition, gsi1sk: `${toInstant(at)}#${id}` });

export function questionStore(table: Table) {
  return {
    async find(id: string): Promise<Question | undefined> {
      return stripped<Question>(await table.get(questionKey(id)));
    },
    /** The question whose mail is among these messages; only the first 50 ids are looked up. */
    async byMail(messageIds: readonly string[]): Promise<Question | undefined> {
      if (messageIds.length === 0) return undefined;
      const found = await table.getMany(messageIds.slice(0, 50).map(mailKey));
      const asked = stripped<{ questionId: string }>(found.find((item) => item !== undefined));
      return asked && this.find(asked.questionId);
    },
    /** Whether one more question may be mailed to this address today: about its first mail, about mail that is not believed. */
    async mayAsk(email: string, now: Date): Promise<{ first: boolean; unbelieved: boolean }> {
      const count = Number((await table.get(countKey(email, now)))?.['count'] ?? 0);
      return { first: count < mostInADay.inAll, unbelieved: count < mostInADay.unbelieved };
    },
    /**
     * Those whose time for an answer is over, those that were answered while something waits for it still, and those that
     * are to be mailed yet.
     */
    async due(now: Date, page: PageRequest): Promise<StoredPage<Question>> {
      const to = `${toInstant(now)}~`;
      return strippedPage(await table.query({ index: 'gsi1', pk: duePartition, to, ...page }));
    },
    async claim(email: string, accountId: string): Promise<Claim | undefined> {
      return stripped<Claim>(await table.get(claimKey(email, accountId)));
    },
  };
}

export type QuestionStore = ReturnType<typeof questionStore>;

export function newQuestion(
  input: Pick<Question, 'email' | 'fingerprint' | 'asksSender' | 'claim' | 'shown' | 'unmailed'>,
  now: Date,
): Question {
  return { ...input, id: newVersion(), untilSeconds: toSeconds(now) + linkSeconds, version: newVersion() };
}

/**
 * The rows of a question that is asked now, or of one that is mailed on another day; they fail where the day's questions
 * to the address are used up. One that a claim alone waits for is over in three days; other messages of that address wait
 * with it. `before` is what an earlier question left of that claim: the contact whom it proved may have been removed since.
 */
export function askedRows(question: Question, before: Claim | null, now: Date): Action[] {
  const { id, email, asksSender, claim, fingerprint, unmailed } = question;
  const isOfClaim = claim !== null && !asksSender;
  const due = isOfClaim ? dueKey(id, unmailed ? now : endOfClaim(now)) : {};
  const expiresAt = toSeconds(now) + keptSeconds;
  const put = { ...question, expiresAt, ...questionKey(id), ...due };
  const asked: Action[] = [{ put, when: absent }, ...(unmailed ? [] : [countRow(question, now)])];
  if (!isOfClaim) return asked;
  const { accountId } = claim;
  const waiting = [fingerprint];
  const row: Claim = { accountId, state: 'asked', questionId: id, waiting, version: '' };
  return [...asked, claimRow(email, row, before)];
}

/** The rows of a question that is mailed after all; they fail where that day has no room for it either. */
export function mailedRows(question: Question, now: Date): Action[] {
  const { id, version } = question;
  const set = {
    untilSeconds: toSeconds(now) + linkSeconds,
    expiresAt: toSeconds(now) + keptSeconds,
    version: newVersion(),
    ...dueKey(id, endOfClaim(now)),
  };
  return [
    { update: questionKey(id), set, remove: ['unmailed'], when: equals({ version }) },
    countRow(question, now),
  ];
}

const endOfClaim = (now: Date): Date => new Date(now.getTime() + claimSeconds * 1000);

function countRow({ email, asksSender, claim }: Question, now: Date): Action {
  return {
    update: countKey(email, now),
    add: { count: 1 },
    set: { expiresAt: toSeconds(now) + 2 * 24 * 60 * 60 },
    when: free('count', asksSender && claim ? mostInADay.unbelieved : mostInADay.inAll),
  };
}

/** One more message waits for the answer; null where too many do. */
export function waitingRow(email: string, claim: Claim, fingerprint: string): Action | null {
  if (claim.waiting.includes(fingerprint)) return claimRow(email, claim, claim);
  if (claim.waiting.length >= mostWaiting) return null;
  return claimRow(email, { ...claim, waiting: [...claim.waiting, fingerprint] }, claim);
}

/**
 * The answer, once; what waits is read from the claim, which stays for whoever repeats this. The question is due until
 * all of it is handled.
 */
export function answeredRows(
  question: Question,
  answer: QuestionAnswer,
  claim: Claim | undefined,
  now: Date,
): Action[] {
  const { id, email, version } = question;
  const set = { answer, version: newVersion(), ...dueKey(id, now) };
  const answered: Action = { update: questionKey(id), set, when: equals({ version }) };
  if (!claim || question.asksSender) return [answered];
  return [answered, claimRow(email, { ...claim, state: answer === 'yes' ? 'shown' : 'declined' }, claim)];
}

/** The Message-ID of its mail: an answer by mail finds it. */
export function questionMailRow(messageId: string, questionId: string, now: Date): Action {
  return { put: { questionId, expiresAt: toSeconds(now) + keptSeconds, ...mailKey(messageId) } };
}

/** Nothing waits for it any more. */
export function settledRow({ id }: Question): Action {
  return { update: questionKey(id), remove: ['gsi1pk', 'gsi1sk'], when: present };
}

function claimRow(email: string, claim: Claim, before: Claim | null): Action {
  const put = { ...claim, version: newVersion(), ...claimKey(email, claim.accountId) };
  return { put, when: before ? equals({ version: before.version }) : absent };
}
