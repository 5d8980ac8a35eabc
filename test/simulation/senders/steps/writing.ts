import { everybody, friendly, robots, type Sender, senderAt, strangers, writers } from '../cast.ts';
import { hand } from '../handing.ts';
import {
  anyWay,
  direct,
  forgery,
  type Letter,
  listHead,
  type Machine,
  overList,
  type Way,
} from '../letter.ts';
import { mailIdOf } from '../check-mails.ts';
import type { SendersWorld } from '../senders-world.ts';
import { limits } from '../truth.ts';

type Written = Parameters<SendersWorld['letter']>[2];

/** People that somebody may put in copy. */
const copiable = [...friendly, ...robots, ...strangers, ...writers].map((each) =>
  typeof each === 'string' ? each : each.address,
);

/** People in Cc, more rarely many of them, or none. */
function anyCopied({ random }: SendersWorld, from: string): string[] {
  if (!random.chance(0.45)) return [];
  const count = random.chance(0.2) ? random.between(4, 7) : random.between(1, 2);
  const chosen = Array.from({ length: count }, () => random.pick(copiable));
  return [...new Set(chosen)].filter((address) => address !== from);
}

/** A letter whose Cc is to be taken, or one that is old, or was sent on by somebody else's address. */
function copying(world: SendersWorld, from: string): Written {
  const { random } = world;
  const cc = anyCopied(world, from);
  const ageMs = random.chance(0.15) ? random.between(8, 40) * 24 * 3600 * 1000 : 0;
  const head = random.chance(0.1) ? ['X-Auto-Response-Suppress: All'] : [];
  return { cc, head, writtenAt: new Date(world.now.getTime() - ageMs) };
}

/** Somebody writes about something new. */
export async function write(world: SendersWorld): Promise<void> {
  const { random } = world;
  const sender = random.pick(writers);
  const letter = world.letter(sender.address, sender.address, copying(world, sender.address));
  if (random.chance(0.07)) letter.danger = random.pick(['spam', 'unclear spam', 'virus'] as const);
  await hand(world, letter, anyWay(random, sender));
}

/** Somebody answers a mail about a ticket: one that they had, or one that they only know of. */
export async function answer(world: SendersWorld): Promise<void> {
  const { random } = world;
  const sender = random.pick([...writers, ...strangers]);
  const written = answering(world, sender, random.chance(0.85));
  if (!written) return;
  const letter = world.letter(sender.address, sender.address, {
    ...copying(world, sender.address),
    ...written,
  });
  await hand(world, letter, anyWay(random, sender));
}

/** An answer to a mail of a ticket, by token, references or number. */
export function answering(world: SendersWorld, { address }: Sender, ofTheirs: boolean): Written | null {
  const { random, portal } = world;
  const mails = portal.mails
    .slice(-80)
    .filter((mail) => world.ticketOf(mail) && (!ofTheirs || mail.destinations.includes(address)));
  if (mails.length === 0) return null;
  const mail = random.pick(mails);
  const ticketId = world.ticketOf(mail)!.id;
  const by = random.pick(['token', 'references', 'subject'] as const);
  return {
    answers: { ticketId, by },
    ...(by === 'token' ? { to: mail.replyTo![0]!.address! } : {}),
    ...(by === 'references' ? { head: [`References: <other@x.test> ${mailIdOf(world, mail)}`] } : {}),
    ...(by === 'subject' ? { subject: `Re: ${mail.subject} ${world.letters.length}` } : {}),
  };
}

/** A stranger writes, or a robot of its own accord. */
export async function writeAsStranger(world: SendersWorld): Promise<void> {
  const { random } = world;
  const sender = random.pick([...strangers, ...robots]);
  const text = sender.kind === 'robot' ? {} : copying(world, sender.address);
  await hand(world, world.letter(sender.address, sender.address, text), anyWay(random, sender));
}

/** Somebody brings both robots into a ticket, or many people on one day. */
export async function writeToMany(world: SendersWorld): Promise<void> {
  const { random } = world;
  const sender = random.pick(writers.filter(({ signs }) => signs));
  const cc = random.chance(0.5)
    ? robots.map(({ address }) => address)
    : [...new Set(Array.from({ length: 8 }, () => random.pick(friendly)))];
  await hand(world, world.letter(sender.address, sender.address, { cc }), direct(sender));
}

/** Someone writes as somebody else: about something new, in a ticket that they know of, or to bring people in. */
export async function forge(world: SendersWorld): Promise<void> {
  const { random } = world;
  const victim = random.pick(everybody.filter(({ address }) => address !== 'mallory@evil.test'));
  const way = forgery(random, victim.address);
  const answers = random.chance(0.5) ? answering(world, victim, random.chance(0.5)) : null;
  const letter = world.letter('mallory@evil.test', victim.address, {
    ...copying(world, victim.address),
    ...answers,
  });
  await hand(world, letter, way);
}

const machineHeads: Record<Machine, readonly string[]> = {
  auto: ['Auto-Submitted: auto-replied'],
  report: ['Content-Type: multipart/report; report-type=delivery-status; boundary="b"', 'MIME-Version: 1.0'],
  list: listHead,
  bulk: ['Precedence: bulk', 'List-Unsubscribe: <mailto:off@friends.test>'],
};

/** A machine writes from somebody's address: of an absence, a list, about mail of ours that it says came back. */
export async function writeByMachine(world: SendersWorld): Promise<void> {
  const { random } = world;
  const sender = random.pick([...writers, ...strangers]);
  const machine = random.pick(['auto', 'report', 'report', 'list', 'bulk'] as const);
  const answers = random.chance(0.6) ? answering(world, sender, true) : null;
  const head = [...machineHeads[machine], ...(answers?.head ?? [])];
  const letter = world.letter(sender.address, sender.address, { ...answers, head, machine });
  if (machine === 'report') letter.text = reportOf(world, letter);
  const way = random.chance(0.5) ? direct(sender) : forgery(random, sender.address);
  await hand(world, letter, random.chance(0.3) ? { ...way, envelope: '', ...nobody } : way);
}

const nobody = { believed: false, signed: false };

/** What a server writes of a mail that did not arrive: here of one that did, to somebody who is well. */
function reportOf(world: SendersWorld, { text }: Letter): string {
  const mail = world.portal.mails.at(-world.random.between(1, 20));
  const about = mail?.destinations[0] ?? 'jane@acme.test';
  return [
    '--b',
    'Content-Type: text/plain',
    '',
    text,
    '--b',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; mx.people.test',
    '',
    `Final-Recipient: rfc822; ${about}`,
    'Action: failed',
    'Status: 5.1.1',
    '',
    '--b',
    'Content-Type: text/rfc822-headers',
    '',
    `Message-ID: ${mail ? mailIdOf(world, mail) : '<none@x.test>'}`,
    '',
    '--b--',
  ].join('\r\n');
}

/** A letter comes once more: the same copy, or one that went another way. */
export async function repeat(world: SendersWorld): Promise<void> {
  const { random } = world;
  const letter = random.pick(world.letters.slice(-12));
  const sender = letter && senderAt(letter.author);
  if (!letter || !sender || letter.machine !== null) return;
  const isForged = letter.author !== letter.from;
  const ways: Way[] = isForged
    ? [forgery(random, letter.from)]
    : [direct(sender), anyWay(random, sender), overList(sender), forgery(random, letter.from)];
  await hand(world, letter, random.pick(ways));
}

/** One after the other, more than an hour has room for. */
export async function burst(world: SendersWorld): Promise<void> {
  const sender = world.random.pick(writers);
  for (let count = 0; count < limits.hourly + 2 && world.wrongs.length === 0; count++) {
    world.portal.advance(70);
    await hand(world, world.letter(sender.address, sender.address), direct(sender));
  }
}
