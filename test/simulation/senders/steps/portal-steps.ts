import { handleMailEvent } from '../../../../functions/mail-events/handle-mail-event.ts';
import type { SentMail } from '../../../support/memory/memory-dependencies.ts';
import { bounceEvent, complaintEvent } from '../../../support/mail-events.ts';
import { everybody, friendly, mallory, robots, senderAt } from '../cast.ts';
import { settle } from '../handing.ts';
import type { SendersWorld } from '../senders-world.ts';
import { limits, type TrueAccount, type TrueTicket } from '../truth.ts';

const accountOf = (world: SendersWorld, owner: string): TrueAccount =>
  [...world.truth.accounts.values()].find((account) => account.owner === owner)!;

/** Staff answer in a ticket. */
export async function answerAsStaff(world: SendersWorld): Promise<void> {
  const tickets = [...world.truth.tickets.values()].slice(-12);
  await answerIn(world, tickets.length === 0 ? undefined : world.random.pick(tickets));
}

async function answerIn(world: SendersWorld, ticket: TrueTicket | undefined): Promise<void> {
  if (!ticket) return;
  const message = `An answer of staff, number ${world.seen.size}.`;
  const path = `/v1/accounts/${ticket.accountId}/tickets/${ticket.id}/replies`;
  const { status } = await world.portal.call('stan', 'POST', path, { body: { message } });
  world.tell(`staff answer in ${ticket.number}: ${status}`);
  await settle(world);
}

/** Staff write so often in a ticket that whoever was only copied into it has had enough of a day. */
export async function chatter(world: SendersWorld): Promise<void> {
  for (let count = 0; count <= limits.unprovenFromAccount && world.wrongs.length === 0; count++) {
    world.portal.advance(60);
    await answerIn(world, [...world.truth.tickets.values()].at(-1));
  }
}

/** Staff let something in that waits, or put it aside. */
export async function decideOnWaiting(world: SendersWorld): Promise<void> {
  const { portal, random } = world;
  const waiting = [...portal.table.each()].filter(
    (row) => row.pk.startsWith('MAIL-IN#') && row.sk === 'MAIL' && row['outcome'] === 'quarantined',
  );
  if (waiting.length === 0) return;
  const row = random.pick(waiting);
  const letter = world.copies.get((row['received'] as { objectKey: string }).objectKey)!;
  const isIn = random.chance(0.7);
  if (isIn) letter.replayed = true;
  world.handling = letter;
  const what = isIn ? 'replay' : 'discard';
  const { status, body } = await portal.call(
    'stan',
    'POST',
    `/v1/staff/quarantine/${String(row['id'])}/${what}`,
  );
  world.handling = null;
  world.tell(`staff ${what} ${letter.nth}: ${status} ${body.outcome}`);
  await settle(world);
}

/** Somebody looks at a question that they were mailed, and answers it truly, or leaves it. */
export async function pressAnswer(world: SendersWorld): Promise<void> {
  const { portal, random, truth } = world;
  const open = world.questions.filter(
    ({ answered, address }) => !answered && senderAt(address)?.kind !== 'robot',
  );
  if (open.length === 0) return;
  const question = random.pick(open.slice(-4));
  const { token, address } = question;
  const looked = await portal.call('', 'GET', `/v1/mail/${token}`, { public: true });
  if (looked.status !== 200) {
    question.answered = true;
    return;
  }
  const { firstLines, account } = looked.body as { firstLines: string; account: { owner: string } | null };
  const letter = world.letters.find(({ text }) => text === firstLines.trim());
  const isTheirs = letter?.author === address;
  const isOfAccount = account === null || address === mallory.address || account.owner !== mallory.address;
  const said = isTheirs && isOfAccount ? 'yes' : 'no';
  if (letter && said === 'yes') {
    letter.pressed = true;
    letter.confirmed ||= !letter.believed;
  }
  const contact = account && accountOf(world, account.owner).contacts.get(address);
  if (contact && said === 'yes') contact.proven = true;
  world.handling = letter ?? null;
  const status = await world.press(token, said);
  world.handling = null;
  question.answered = true;
  world.tell(`${address} says ${said} to ${letter?.nth}: ${status}`);
  if (status !== 200) world.wrong(`${address} could not answer: ${status}`);
  if (truth.dead.has(address)) world.tell(`${address} was dead`);
  await settle(world);
}

/** A scanner opens every link; a guesser tries one that was never mailed. */
export async function openLinks(world: SendersWorld): Promise<void> {
  const { portal, questions } = world;
  for (const { token } of questions.slice(-5)) {
    await portal.call('', 'GET', `/v1/mail/${token}`, { public: true, headers: { accept: 'text/html' } });
  }
  const token = questions.at(-1)?.token;
  if (token === undefined) return;
  const guessed = token.slice(0, -2) + (token.endsWith('AA') ? 'QQ' : 'AA');
  if ((await world.press(guessed, 'yes')) < 400) world.wrong('a guessed link works');
  await settle(world);
}

/** An account records somebody: one of its own, or anybody. */
export async function recordContact(world: SendersWorld): Promise<void> {
  const { random, truth, portal } = world;
  const account = random.chance(0.5)
    ? accountOf(world, mallory.address)
    : random.pick([...truth.accounts.values()]);
  const email = random.pick([...everybody, ...robots].map(({ address }) => address).concat(friendly));
  if (account.contacts.has(email) || account.owner === email || world.gone.has(`${account.id} ${email}`))
    return;
  const support = random.chance(0.4);
  const body = { name: 'Somebody', email, emailPreferences: { support } };
  const made = await portal.call(account.ownerId, 'POST', `/v1/accounts/${account.id}/contacts`, { body });
  world.tell(`${account.owner} records ${email}: ${made.status}`);
  if (made.status === 201) {
    const id = String(made.body.id);
    account.contacts.set(email, { id, address: email, support, proven: false, reads: false });
  }
  await settle(world);
}

export async function removeContact(world: SendersWorld): Promise<void> {
  const { random, truth, portal } = world;
  const account = random.pick([...truth.accounts.values()]);
  const contact = random.pick([...account.contacts.values()].filter(({ reads }) => !reads));
  if (!contact) return;
  const path = `/v1/accounts/${account.id}/contacts/${contact.id}`;
  const { status } = await portal.call(account.ownerId, 'DELETE', path);
  world.tell(`${account.owner} removes ${contact.address}: ${status}`);
  if (status < 300) {
    account.contacts.delete(contact.address);
    // Who comes back is somebody new to the tickets of before: nobody does here.
    world.gone.add(`${account.id} ${contact.address}`);
  }
  await settle(world);
}

/** The mail service tells of mail that it could not deliver, or that somebody complained of; now and then once more. */
export async function tellOfMail(world: SendersWorld): Promise<void> {
  const { random, portal } = world;
  const mails = portal.mails.slice(-30);
  if (mails.length === 0) return;
  if (world.events.length > 0 && random.chance(0.3)) return hear(world, random.pick(world.events));
  const mail = random.pick(mails);
  const recipients = random.chance(0.8) ? [random.pick(mail.destinations)] : mail.destinations;
  const facts = { ...factsOf(world, mail), recipients };
  if (random.chance(0.25)) {
    const event = complaintEvent(facts);
    if (recipients.length === 1) complained(world, mail, recipients[0]!);
    return hear(world, event);
  }
  const [type, subtype] = random.pick([
    ['Permanent', 'General'],
    ['Permanent', 'General'],
    ['Permanent', 'OnAccountSuppressionList'],
    ['Permanent', 'ContentRejected'],
    ['Transient', 'MailboxFull'],
    ['Transient', 'General'],
  ] as const);
  if (type === 'Permanent' && subtype !== 'ContentRejected') gone(world, mail, recipients);
  return hear(world, bounceEvent(facts, type, subtype));
}

function gone({ truth }: SendersWorld, { destinations }: SentMail, recipients: readonly string[]): void {
  if (destinations.length === 1) {
    truth.dead.add(recipients[0]!);
    truth.doubted.delete(recipients[0]!);
    return;
  }
  for (const address of recipients) if (!truth.dead.has(address)) truth.doubted.add(address);
}

/** Who complains gets no more of that ticket, nor of that kind. */
function complained(world: SendersWorld, mail: SentMail, address: string): void {
  const ticket = world.ticketOf(mail);
  if (!ticket) return;
  ticket.left.add(address);
  const account = world.truth.accounts.get(ticket.accountId)!;
  if (account.owner === address) account.ownerWantsSupport = false;
  const contact = account.contacts.get(address);
  if (contact) contact.support = false;
}

const factsOf = (world: SendersWorld, mail: SentMail) => ({
  messageId: String(world.portal.mails.indexOf(mail) + 1),
  sentTo: mail.destinations,
});

async function hear(world: SendersWorld, event: unknown): Promise<void> {
  const { portal } = world;
  world.events.push(event);
  const handle = () => handleMailEvent(portal.mailEvents(), JSON.stringify(event), portal.now);
  await world.perhapsStopped(handle);
  await handle();
  world.tell(`event ${JSON.stringify(event).slice(0, 200)}`);
  await settle(world);
}

/** Somebody tells of mail that never left, or of people whom it did not go to. */
export async function tellLies(world: SendersWorld): Promise<void> {
  const { random, portal } = world;
  const victim = random.pick(everybody).address;
  const mail = portal.mails.at(-random.between(1, 20));
  const known = mail && !mail.destinations.includes(victim) ? factsOf(world, mail) : null;
  const facts = known ?? { messageId: 'made-up', sentTo: [victim] };
  const event = bounceEvent({ ...facts, recipients: [victim], sentAt: '2026-02-28T00:00:00.000Z' });
  await handleMailEvent(portal.mailEvents(), JSON.stringify(event), portal.now);
  world.tell(`a lie about ${victim}`);
  await settle(world);
}

/** Staff say that an address lives. */
export async function revive(world: SendersWorld): Promise<void> {
  const [address] = world.truth.dead;
  if (address === undefined) return;
  world.truth.dead.delete(address);
  world.truth.doubted.delete(address);
  await world.portal.call('stan', 'DELETE', `/v1/staff/dead-addresses/${address}`);
  world.tell(`staff revive ${address}`);
  await settle(world);
}

/** Time passes, and the hourly job runs at its end. */
export async function wait(world: SendersWorld): Promise<void> {
  const { random } = world;
  const hours = random.chance(0.2) ? random.between(70, 80) : random.between(1, 20);
  await pass(world, hours * 3600);
}

export async function pass(world: SendersWorld, seconds: number): Promise<void> {
  world.portal.advance(seconds);
  world.tell(`${Math.round(seconds / 3600)} hours pass`);
  await world.settleWaiting();
  await settle(world);
}
