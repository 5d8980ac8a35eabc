import type { SentMail } from '../../support/memory/memory-dependencies.ts';
import { mailbox, senderAt } from './cast.ts';
import type { Added, SendersWorld } from './senders-world.ts';
import { limits, type TrueTicket } from './truth.ts';

/** As its readers see it. */
export const mailIdOf = ({ portal }: SendersWorld, mail: SentMail): string =>
  `<${portal.mails.indexOf(mail) + 1}@eu-west-1.amazonses.com>`;

const staffAddress = 'staff@provider.test';

/** Every mail that left goes to somebody who is to have it, and nobody who is to have one was left out. */
export function checkMails(world: SendersWorld, from: number): void {
  const mails = world.portal.mails.slice(from);
  for (const mail of mails) checkMail(world, mail);
  checkReaders(world, mails);
}

function checkMail(world: SendersWorld, mail: SentMail): void {
  const { truth } = world;
  const { destinations, subject, text = '' } = mail;
  const wrong = (what: string) => world.wrong(`“${subject}” to ${destinations.join()}: ${what}`);
  world.tell(`“${subject}” to ${destinations.join()}`);
  for (const address of destinations) {
    if (truth.dead.has(address)) wrong(`${address} is dead`);
    if (truth.doubted.has(address) && destinations.length > 1) wrong(`${address} is in doubt`);
    truth.doubted.delete(address);
  }
  const ticket = world.ticketOf(mail);
  if (ticket) return checkTicketMail(world, mail, ticket, wrong);
  if (/\[Ticket ID/.test(subject ?? '')) return wrong('there is no such ticket');
  const [only, ...others] = destinations;
  if (only === staffAddress && others.length === 0) return undefined;
  if (others.length > 0 || only === undefined) return wrong('it is for one reader');
  if (/written to you yesterday/.test(subject ?? '')) return checkDigest(world, only, wrong);
  const token = /\/mail\/([^\s"<>]+)/.exec(text)?.[1];
  if (token !== undefined) return checkQuestion(world, mail, only, token, wrong);
  return checkAnswer(world, mail, only, wrong);
}

function checkTicketMail(
  world: SendersWorld,
  { destinations, text = '' }: SentMail,
  ticket: TrueTicket,
  wrong: (what: string) => void,
): void {
  const { truth, now } = world;
  const readers = truth.readersOf(ticket);
  for (const address of destinations) {
    if (!readers.has(address)) wrong(`${address} is no reader of it`);
    const isWithin = !truth.isOnlyCopied(ticket, address) || truth.mailed(ticket, address, now, 1);
    if (!isWithin) wrong(`${address} has had all mails of the day`);
  }
  const isConfirmation = text.includes(' opened ticket ');
  const author = isConfirmation ? undefined : world.added.find(({ body }) => text.includes(body))?.author;
  if (author && destinations.includes(author)) wrong('its author gets it');
}

function checkQuestion(
  world: SendersWorld,
  mail: SentMail,
  address: string,
  token: string,
  wrong: (what: string) => void,
): void {
  const { truth, now } = world;
  const day = now.toISOString().slice(0, 10);
  const unbelieved = isOfUnbelieved(world, mail);
  world.questions.push({ token, address, at: now, answered: false, unbelieved });
  const today = world.questions.filter(
    (each) => each.at.toISOString().startsWith(day) && mailbox(each.address) === mailbox(address),
  );
  if (today.length > limits.questionsPerDay) wrong(`it is the ${today.length}th question of the day`);
  const isShown = truth.homesOf(address).length > 0;
  if (unbelieved && !isShown && today.filter((each) => each.unbelieved).length > limits.unbelievedPerDay)
    wrong('forgers leave no question for what is true');
  if (!truth.isKnown(address)) wrong('nobody knows that address');
  if (holdsAnyOf(world, mail)) wrong('it holds something of the message');
}

/** Whether a question is about mail that nothing showed to be its From's. */
function isOfUnbelieved(world: SendersWorld, mail: SentMail): boolean {
  const rows = [...world.portal.table.each()].filter(({ sk }) => sk === 'QUESTION');
  const mailed = rows.find(({ pk }) => pk === `MESSAGE-ID#${mailIdOf(world, mail)}`);
  const questionId = String(mailed?.['questionId']);
  return rows.find(({ pk }) => pk === `QUESTION#${questionId}`)?.['asksSender'] === true;
}

/** What a day's limit held back comes once to a mailbox, when that day is over, under the spelling that it first failed. */
function checkDigest(world: SendersWorld, address: string, wrong: (what: string) => void): void {
  const { truth, now } = world;
  const today = now.toISOString().slice(0, 10);
  const [key] = [...world.held].find(([name, reader]) => reader === address && name.slice(-10) < today) ?? [];
  if (key === undefined) return wrong('nothing was held back from it before today');
  world.held.delete(key);
  const [, accountId = '', heldOn = ''] = key.split(' ');
  // Late, it is one of the mails of the day on which it goes as well.
  if (dayAfter(new Date(heldOn)).toISOString().slice(0, 10) !== today)
    truth.mailed({ accountId }, address, now, 1);
}

const dayAfter = (day: Date): Date => new Date(day.getTime() + 24 * 3600 * 1000);

/** Holds a mail back; the mailbox's digest of that day has its place among the next day's mails. */
function holdBack({ held, truth, now }: SendersWorld, ticket: TrueTicket, address: string): void {
  const key = `${mailbox(address)} ${ticket.accountId} ${now.toISOString().slice(0, 10)}`;
  if (held.has(key)) return;
  held.set(key, address);
  truth.mailed(ticket, address, dayAfter(now), 1);
}

/** The one answer to a stranger: to somebody who really wrote, and seldom. */
function checkAnswer(
  world: SendersWorld,
  mail: SentMail,
  address: string,
  wrong: (what: string) => void,
): void {
  const { now, answered } = world;
  const isTheirs = world.letters.some(
    (letter) =>
      letter.from === address &&
      (letter.believed || letter.confirmed) &&
      letter.machine === null &&
      letter.ticketId === null,
  );
  if (!isTheirs) wrong('they never wrote');
  const before = answered.get(address);
  if (before && now.getTime() - before.getTime() < limits.answerHours * 3600 * 1000) wrong('so soon again');
  answered.set(address, now);
  if (holdsAnyOf(world, mail)) wrong('it holds something of the message');
}

function holdsAnyOf({ letters }: SendersWorld, { subject = '', text = '', html = '' }: SentMail): boolean {
  const all = `${subject} ${text} ${html}`;
  return letters.slice(-60).some((letter) => all.includes(letter.text) || all.includes(letter.subject));
}

/** What staff let in is mailed to nobody, and a robot may be stilled. */
const isSilent = ({ author, via, isStaffs }: Added): boolean =>
  (isStaffs && via === 'email') || senderAt(author)?.kind === 'robot';

/** Who is to read a new message of a ticket got it: its author, robots and staff's own additions apart. */
function checkReaders(world: SendersWorld, mails: readonly SentMail[]): void {
  for (const [ticket, added] of Map.groupBy(world.added.splice(0), (each) => each.ticket)) {
    const [message, ...more] = added;
    if (!message || more.length > 0 || isSilent(message)) continue;
    const about = mails.filter(
      (mail) => world.ticketOf(mail) === ticket && mail.text?.includes(message.body),
    );
    const got = new Set(about.flatMap(({ destinations }) => destinations));
    const readers = world.truth.readersOf(ticket);
    readers.delete(message.author);
    const mayWait = (address: string) =>
      world.truth.isOnlyCopied(ticket, address) && !world.truth.mailed(ticket, address, world.now, 0);
    const missing = [...readers].filter((address) => !got.has(address));
    const left = missing.filter((address) => !mayWait(address));
    for (const address of missing.filter(mayWait)) holdBack(world, ticket, address);
    if (left.length > 0) world.wrong(`${left.join()} did not get “${message.body}”`);
    const times = about.flatMap(({ destinations }) => destinations);
    if (times.length > got.size) world.wrong(`somebody got “${message.body}” twice`);
  }
}
