import type { InboundRecord } from '../../../shared/mail/received/inbound-mail-store.ts';
import { checkMails, mailIdOf } from './check-mails.ts';
import { checkRows } from './check-rows.ts';
import { hasty, robots, type Sender } from './cast.ts';
import { direct, type Letter, type Way } from './letter.ts';
import type { SendersWorld } from './senders-world.ts';
import { limits } from './truth.ts';

/** Letters of robots in one conversation before it has run for too long. */
const mostOfRobots = 18;

const hourMs = 3600 * 1000;

/** How many of these were within the last hour. */
const lately = (times: readonly { from: string; at: Date }[], from: string, now: Date): number =>
  times.filter((each) => each.from === from && now.getTime() - each.at.getTime() < hourMs).length;

/** A copy of a letter arrives; what becomes of it is judged, and so is everything that it leads to. */
export async function hand(world: SendersWorld, letter: Letter, way: Way): Promise<void> {
  const dangers = {
    spam: { spam: 'FAIL' },
    'unclear spam': { spam: 'GRAY' },
    virus: { virus: 'FAIL' },
  } as const;
  const danger = letter.danger ? dangers[letter.danger] : {};
  const isFirst = ![...world.copies.values()].includes(letter);
  const judge = isFirst ? judgeOf(world, letter, way) : () => {};
  if (way.believed) world.heard.push({ from: letter.from, at: world.now });
  letter.isOfStranger = (isFirst || letter.isOfStranger) && !world.truth.isKnown(letter.from);
  letter.believed ||= way.believed;
  letter.signed ||= way.signed;
  const record = await world.receive(letter, { ...way, verdicts: { ...way.verdicts, ...danger } });
  judge(record);
  await settle(world);
}

/** What has to become of the first copy of a letter, by what is true as it arrives. */
function judgeOf(world: SendersWorld, letter: Letter, way: Way): (record: InboundRecord) => void {
  const { truth } = world;
  const { from, danger, answers } = letter;
  const ticket = answers ? truth.tickets.get(answers.ticketId) : undefined;
  const takesPart = ticket !== undefined && truth.takesPart(ticket, from);
  const homes = truth.homesOf(from);
  const isKnown = truth.isKnown(from);
  const mayBeUnclear = danger !== 'unclear spam' || truth.isProven(from);
  const isHeld = danger === 'spam' || danger === 'virus' || !mayBeUnclear;
  // A bounce has no return path, whatever else it says.
  const machine = way.envelope === '' ? 'auto' : (letter.machine ?? (way.head ? 'list' : null));
  const namesOne = way.from === undefined;
  const isFull = way.believed && lately(world.heard, from, world.now) >= limits.hourly;
  // Who was asked of an account, and did not say yes, is a stranger to it from some time on.
  const mayBeDeclined = homes.length === 0 && world.questions.some(({ address }) => address === from);
  return (record) => {
    const { outcome } = record;
    const wrong = (what: string) => world.wrong(`${letter.nth} is ${outcome} (${record.reason}): ${what}`);
    const acts = outcome === 'ticket' || outcome === 'reply';
    if (acts) world.acted.push({ from, at: world.now });
    if (lately(world.acted, from, world.now) > limits.hourly) wrong('its sender has had all of the hour');
    if (danger === 'spam' || danger === 'virus') return outcome === 'quarantined' || wrong('it is dangerous');
    if (machine !== null)
      return judgeMachine(
        machine,
        {
          isKnown: isKnown && namesOne,
          mayBeDeclined,
          mayAct: way.believed && !isHeld && !isFull && homes.length > 0,
        },
        outcome,
        wrong,
      );
    if (!way.believed) return outcome === 'quarantined' || wrong('its From is not believed');
    if (isHeld) return outcome === 'quarantined' || wrong('it may be spam');
    if (isFull) return undefined;
    if (takesPart) return (outcome === 'reply' && record.ticketId === ticket.id) || wrong('it is a reply');
    if (homes.length > 0) return outcome === 'ticket' || wrong('it is a known person’s');
    if (acts) return wrong('nobody who decides knows its sender');
    const mayWait = isKnown && outcome === 'quarantined';
    return mayWait || outcome === 'answered' || outcome === 'ignored' || wrong('it is a stranger’s');
  };
}

function judgeMachine(
  machine: NonNullable<Letter['machine']>,
  { isKnown, mayBeDeclined, mayAct }: { isKnown: boolean; mayBeDeclined: boolean; mayAct: boolean },
  outcome: string,
  wrong: (what: string) => void,
): void {
  const isMail = machine === 'list' || machine === 'bulk';
  if (!isMail || !isKnown) {
    if (outcome !== 'ignored') wrong(`a machine wrote it: ${machine}`);
  } else if (machine === 'list') {
    const isStrangers = mayBeDeclined && outcome === 'ignored';
    if (outcome !== 'quarantined' && !isStrangers) wrong('list mail of somebody waits');
  } else if (mayAct && outcome !== 'ticket' && outcome !== 'reply') {
    wrong('it is somebody’s, sent to many');
  }
}

/** Lets the outbox go on until nothing is left, and robots answer what reaches them, with a look at all of it. */
export async function settle(world: SendersWorld): Promise<void> {
  checkRows(world);
  await deliver(world);
  if (world.isRobotsTurn) return;
  world.isRobotsTurn = true;
  const before = world.letters.length;
  for (let next = world.toRobots.shift(); next; next = world.toRobots.shift()) {
    if (world.wrongs.length > 0) break;
    const ticket = world.ticketOf(next.mail);
    const { length } = world.letters.slice(before).filter(({ answers }) => answers?.ticketId === ticket?.id);
    if (length > mostOfRobots) {
      world.wrong('robots answer each other without end');
      break;
    }
    await answerByRobot(world, next.robot, next.mail);
  }
  world.toRobots.length = 0;
  world.isRobotsTurn = false;
}

async function deliver(world: SendersWorld): Promise<void> {
  const { portal } = world;
  const from = portal.mails.length;
  if (world.mayBeUntold) {
    world.mayBeUntold = false;
    portal.advance(61);
    await portal.sweep();
  }
  for (let rounds = 0; portal.nudged.length > 0 && rounds < 10; rounds++) await portal.deliver();
  checkMails(world, from);
  for (const mail of portal.mails.slice(from)) {
    for (const robot of robots) {
      if (mail.destinations.includes(robot.address)) world.toRobots.push({ robot, mail });
    }
  }
}

async function answerByRobot(
  world: SendersWorld,
  robot: Sender,
  mail: SendersWorld['toRobots'][number]['mail'],
): Promise<void> {
  const { portal, random } = world;
  const isHasty = robot === hasty;
  portal.advance(isHasty ? random.between(2, 8) : random.between(60, 120));
  const ticket = world.ticketOf(mail);
  const letter = world.letter(robot.address, robot.address, {
    to: mail.replyTo?.[0]?.address ?? 'support@portal.test',
    subject: `Re: ${mail.subject}`,
    head: [`In-Reply-To: ${mailIdOf(world, mail)}`],
    answers: ticket ? { ticketId: ticket.id, by: 'token' } : null,
    ...(isHasty ? {} : { text: 'I am away until Monday.' }),
  });
  await hand(world, letter, direct(robot));
}
