import type { Item } from '../../../shared/table/table.ts';
import type { Letter } from './letter.ts';
import type { SendersWorld } from './senders-world.ts';
import type { TrueTicket } from './truth.ts';
import { limits } from './truth.ts';

/** What the rows say of tickets, the mail log and dead addresses, compared with what is true. */
export function checkRows(world: SendersWorld): void {
  const rows = sorted(world.portal.table.each());
  for (const row of rows.tickets) noteTicket(world, row);
  for (const row of rows.messages) checkMessage(world, row);
  for (const row of rows.tickets) checkCopied(world, row);
  checkRecords(world, rows.records);
  checkMarks(world, rows);
  for (const row of rows.contacts) checkContact(world, row);
}

function sorted(all: Iterable<Item>) {
  const rows = {
    tickets: [] as Item[],
    messages: [] as Item[],
    records: [] as Item[],
    contacts: [] as Item[],
  };
  const marks = { dead: [] as Item[], doubted: [] as Item[] };
  for (const row of all) {
    if (row.sk.startsWith('TICKET#') && row.pk.startsWith('ACCOUNT#')) rows.tickets.push(row);
    else if (row.sk.startsWith('MESSAGE#')) rows.messages.push(row);
    else if (row.pk.startsWith('MAIL-IN#') && row.sk === 'MAIL') rows.records.push(row);
    else if (row.sk.startsWith('CONTACT#')) rows.contacts.push(row);
    else if (row.sk === 'BOUNCED') marks.dead.push(row);
    else if (row.sk === 'DOUBTED') marks.doubted.push(row);
  }
  return { ...rows, ...marks };
}

function noteTicket(world: SendersWorld, row: Item): void {
  const { truth } = world;
  const id = String(row['id']);
  if (truth.tickets.has(id)) return;
  const opener = row['opener'] as { kind: string; email: string; contactId: string | null };
  const accountId = String(row['accountId']);
  if (!truth.accounts.has(accountId)) {
    world.wrong(`a ticket in ${accountId}`);
    return;
  }
  truth.tickets.set(id, {
    id,
    number: String(row['number']),
    accountId,
    opener: opener.email,
    openedByOwner: opener.kind === 'owner',
    openerContact: opener.contactId,
    cc: new Map(),
    left: new Set(),
    wrote: new Set(),
  });
}

/** A message by mail is of somebody who wrote it, where it belongs, and there once. */
function checkMessage(world: SendersWorld, row: Item): void {
  if (world.seen.has(row.sk) || row['private'] === true) return;
  world.seen.add(row.sk);
  const { email, kind } = row['author'] as { email: string; kind: string };
  const ticket = world.truth.tickets.get(String(row['ticketId']))!;
  const body = String(row['body']);
  world.added.push({ ticket, author: email, body, via: String(row['via']), isStaffs: kind === 'staff' });
  if (row['via'] !== 'email') return;
  const found = world.letters.filter((letter) => letter.text === body);
  const open = found.filter((each) => each.ticketId === null && (kind === 'staff' || each.from === email));
  // Robots say the same in several tickets, and staff let in one of it.
  const isIt = (each: Letter) => (kind === 'staff' ? each.replayed : each.answers?.ticketId === ticket.id);
  const letter = open.find(isIt) ?? open[0];
  if (!letter) return world.wrong(`“${body}” of ${email} stands in a ticket again, or nobody wrote it`);
  ticket.wrote.add(email);
  letter.ticketId = ticket.id;
  if (kind === 'staff') {
    // A copy that is believed is its author's all the same, when it comes.
    if (!letter.replayed) world.wrong(`${letter.nth} went in as added by staff`);
    letter.ticketId = null;
    return;
  }
  checkAuthor(world, letter, ticket);
  if (letter.believed || letter.confirmed) {
    world.truth.dead.delete(email);
    ticket.left.delete(email);
  }
}

function checkAuthor(world: SendersWorld, letter: Letter, ticket: TrueTicket): void {
  const { truth } = world;
  const { nth, from, machine, danger, answers } = letter;
  const wrong = (what: string) => world.wrong(`${nth} of ${from} is in a ticket, ${what}`);
  if (!letter.believed && !letter.confirmed) wrong('though nothing shows that it is theirs');
  if (machine !== null && machine !== 'bulk' && !letter.replayed) wrong('and a machine wrote it');
  if ((danger === 'spam' && !letter.replayed) || danger === 'virus') wrong('and it is dangerous');
  const belongs = answers?.ticketId === ticket.id && truth.takesPart(ticket, from);
  const isHome = truth.homesOf(from).includes(ticket.accountId) && ticket.opener === from;
  if (!belongs && !isHome) wrong(`of ${ticket.accountId} where they have no part`);
}

/** Each address on a CC list was brought in by a letter that may do so. */
function checkCopied(world: SendersWorld, row: Item): void {
  const { truth, now } = world;
  const ticket = truth.tickets.get(String(row['id']));
  if (!ticket) return;
  const listed = (row['cc'] as { email: string }[]).map(({ email }) => email);
  const added = listed.filter((email) => !ticket.cc.has(email));
  for (const email of [...ticket.cc.keys()].filter((each) => !listed.includes(each))) {
    if (!ticket.left.has(email)) world.wrong(`${email} is off the ticket ${ticket.number}`);
    ticket.cc.delete(email);
  }
  const letters = world.letters.filter(
    (letter) => letter.ticketId === ticket.id && !world.copied.has(letter) && letter.cc.length > 0,
  );
  if (added.length === 0 && letters.length === 0) return;
  for (const letter of letters) world.copied.add(letter);
  const allowed = letters.filter((letter) => truth.mayCopy(letter, ticket, now));
  const wanted = new Set(allowed.flatMap(({ cc, from }) => cc.filter((email) => email !== from)));
  for (const email of added) if (!wanted.has(email)) world.wrong(`${email} is in copy of ${ticket.number}`);
  // By a press it may be a copy that nothing else shows, which brings nobody in.
  const sure = new Set(allowed.filter(({ pressed }) => !pressed).flatMap(({ cc }) => cc));
  const missing = [...wanted].filter((email) => sure.has(email) && !listed.includes(email));
  if (missing.length > 0 && truth.hasRoom(ticket, [...new Set([...added, ...missing])], now)) {
    world.wrong(`${missing.join()} should be in copy of ${ticket.number}`);
  }
  if (!truth.copy(ticket, added, now)) {
    world.wrong(`more than ${limits.strangersPerDay} strangers of a day are in copy`);
  }
}

/** Whatever arrived is in the log, with what became of it, and with one thing alone. */
function checkRecords(world: SendersWorld, records: readonly Item[]): void {
  const acted = new Map<Letter, Item[]>();
  const logged = new Set<Letter>();
  for (const record of records) {
    const { objectKey } = record['received'] as { objectKey: string };
    const letter = world.copies.get(objectKey);
    if (!letter) {
      world.wrong(`nobody sent what ${objectKey} is`);
      continue;
    }
    logged.add(letter);
    const { outcome, ticketId } = record;
    const isIn = outcome === 'ticket' || outcome === 'reply';
    if (isIn !== (ticketId !== undefined)) world.wrong(`${letter.nth} is ${String(outcome)} and in a ticket`);
    if (isIn) acted.set(letter, [...(acted.get(letter) ?? []), record]);
    if (outcome === 'quarantined' && !record['reason']) world.wrong(`${letter.nth} waits for no reason`);
  }
  for (const letter of world.copies.values()) {
    if (!logged.has(letter)) world.wrong(`${letter.nth} is not in the log`);
    const tickets = acted.get(letter) ?? [];
    const isSame = letter.text.startsWith('I am away');
    if (letter.replayed || isSame) continue;
    if ((letter.ticketId !== null) !== tickets.length > 0 || tickets.length > 1) {
      world.wrong(`${letter.nth} is in ${letter.ticketId}, its log says ${tickets.length} times in a ticket`);
    }
  }
}

/** Nothing but a press, or an accepted invitation, proves an address, and in that account alone. */
function checkContact(world: SendersWorld, row: Item): void {
  const contact = world.truth.accounts.get(String(row['accountId']))?.contacts.get(String(row['email']));
  const isProven = row['proven'] === true;
  if (contact?.proven !== isProven) world.wrong(`${String(row['email'])} is proven: ${isProven}`);
}

function checkMarks(world: SendersWorld, rows: { dead: Item[]; doubted: Item[] }): void {
  const { truth } = world;
  const wrong = (what: string) => world.wrong(what);
  const dead = rows.dead.map((row) => String(row['address']));
  for (const address of dead) if (!truth.dead.has(address)) wrong(`${address} is taken for dead`);
  for (const address of truth.dead) if (!dead.includes(address)) wrong(`${address} is dead, and not marked`);
  for (const row of rows.doubted) {
    if (!truth.doubted.has(String(row['address']))) wrong(`${String(row['address'])} is doubted`);
  }
}
