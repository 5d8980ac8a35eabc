import { toInstant } from '../core/clock.ts';
import { newVersion } from '../core/ids.ts';
import { recordRow } from '../mail/received/inbound-mail-store.ts';
import { systemActor } from '../write/actor.ts';
import type { InboundDependencies } from './inbound-dependencies.ts';
import type { MailTask } from '../mail/mail-task.ts';
import type { InboundMessage } from '../mail/message/read-message.ts';
import { askedRows, newQuestion, type Question, waitingRow } from '../mail/questions/question.ts';
import type { AppliedDecision } from './applied-decision.ts';
import type { Asks, MailDecision } from './decide-mail.ts';
import type { MailFacts } from './facts/gather-facts.ts';

const mostLines = 6;
const longestLine = 120;

/** What a message that waits writes: the question to its address, or its place behind one that was asked before. */
export function waiting(
  message: InboundMessage,
  decision: Extract<MailDecision, { outcome: 'quarantined' }>,
  facts: MailFacts,
  now: Date,
): Partial<AppliedDecision> {
  const { asks, waitsFor } = decision;
  if (asks) return asked(message, asks, facts, now);
  if (!waitsFor) return {};
  const row = waitingRow(message.from!, waitsFor, message.fingerprint);
  if (!row) return { trace: ['too many messages wait for that answer: this one waits for staff'] };
  return { change: { actions: [row], activity: [], outbox: [] } };
}

/** Answers that are kept with one message. */
const mostAnswers = 10;

/** Keeps an answer by mail with the message that its question is about, where staff read both. */
export async function keptWithQuestion(
  { mails }: InboundDependencies,
  message: InboundMessage,
  { fingerprint }: Question,
  now: Date,
): Promise<AppliedDecision> {
  const waits = await mails.find(fingerprint);
  const kept = waits?.answers ?? [];
  const noChange = { actions: [], activity: [], outbox: [] };
  if (!waits || kept.length >= mostAnswers) return { change: noChange, actor: systemActor, trace: [] };
  const answer = { receivedAt: toInstant(now), firstLines: firstLines(message.text) };
  const record = { ...waits, answers: [...kept, answer], version: newVersion() };
  return {
    change: { ...noChange, actions: [recordRow(record, waits, null)] },
    actor: systemActor,
    trace: [`kept with the message of ${waits.receivedAt}`],
  };
}

function asked(
  message: InboundMessage,
  { sender, claim, later }: Asks,
  { client, known }: MailFacts,
  now: Date,
): Partial<AppliedDecision> {
  const shown = {
    receivedAt: toInstant(now),
    server: client ?? '',
    subject: message.subject,
    firstLines: firstLines(message.text),
  };
  const { fingerprint } = message;
  const about = { email: message.from!, fingerprint, asksSender: sender, claim, shown };
  const question = newQuestion(later ? { ...about, unmailed: true } : about, now);
  const part = known.parts.find(({ accountId }) => accountId === claim?.accountId);
  return {
    change: {
      actions: askedRows(question, part?.claim ?? null, now),
      activity: [],
      outbox: later ? [] : [questionMail(question)],
    },
    questionId: question.id,
  };
}

function firstLines(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim().slice(0, longestLine))
    .filter((line) => line !== '')
    .slice(0, mostLines)
    .join('\n');
}

/** It holds nothing of the message: whoever wrote that must not write here in the portal's name. */
export function questionMail({ id, email, claim }: Question): MailTask {
  return {
    kind: 'mail',
    template: 'question',
    accountId: null,
    mailKind: 'general',
    audience: { kind: 'person', email, name: '', contactId: null },
    data: {},
    question: { id, accountId: claim?.accountId ?? null },
    thread: null,
    inReplyTo: null,
  };
}
