import { readNotification } from '../../../functions/inbound-mail/notification.ts';
import type { MailEventDependencies } from '../../../functions/mail-events/handle-mail-event.ts';
import type { OutboxDependencies } from '../../../functions/outbox/run-task.ts';
import { sesNotification, type SesNotification } from '../../../infra/local/ses/inbound.ts';
import { handleMail } from '../../../shared/inbound-mail/handle-mail.ts';
import type { InboundDependencies } from '../../../shared/inbound-mail/inbound-dependencies.ts';
import { settleWaiting } from '../../../shared/inbound-mail/settle.ts';
import type { InboundRecord } from '../../../shared/mail/received/inbound-mail-store.ts';
import { MemoryTable } from '../../../shared/table/memory-table.ts';
import type { Action, Item, Key } from '../../../shared/table/table.ts';
import { Seeded } from '../../support/faults/seeded.ts';
import { stopAt, stoppages } from '../../support/faults/stoppages.ts';
import { type SentMail, supportAddress } from '../../support/memory/memory-dependencies.ts';
import { MemoryPortal } from '../../support/memory/memory-portal.ts';
import type { Sender } from './cast.ts';
import { type Letter, rawOf, type Way } from './letter.ts';
import { type TrueTicket, Truth } from './truth.ts';

/** What is taken out of the portal, to see that the simulation notices: one guard at a time. */
export interface Sabotage {
  /** Changes a transaction on its way to the table; `world` knows which letter is being handled. */
  transact?(actions: readonly Action[], world: SendersWorld): Action[];
  /** Changes what is read by a key. */
  got?(item: Item | undefined, key: Key, world: SendersWorld): Item | undefined;
  /** Leaves rows out that a query finds. */
  found?(item: Item, page: readonly Item[]): boolean;
  /** Changes how a copy of a letter reaches the portal: what the receiver finds, or the message itself. */
  way?(way: Way, letter: Letter): Way;
  handed?(raw: string, notification: SesNotification): string;
  inbound?(dependencies: InboundDependencies, world: () => SendersWorld): Partial<InboundDependencies>;
  outbox?(dependencies: OutboxDependencies): Partial<OutboxDependencies>;
  mailEvents?(dependencies: MailEventDependencies): Partial<MailEventDependencies>;
  settings?: Record<string, unknown>;
}

/** A copy of a letter that the receiver stored: handed over until it is through. */
interface Stored {
  key: string;
  notification: SesNotification;
}

/** A message that a ticket got since mail was looked at last. */
export interface Added {
  ticket: TrueTicket;
  author: string;
  body: string;
  via: string;
  isStaffs: boolean;
}

/** A question that somebody was mailed. */
export interface MailedQuestion {
  token: string;
  address: string;
  at: Date;
  answered: boolean;
  /** Nothing shows that the message that it is about is its From's. */
  unbelieved: boolean;
}

/** How often what is handed over is stopped on its way. */
const stoppedOf = 0.12;
const latestStop = 14;

/** A portal with those who write to it, and what each of them really wrote, by one seed. */
export class SendersWorld {
  readonly portal: MemoryPortal;
  readonly truth = new Truth();
  readonly random: Seeded;
  readonly wrongs: string[] = [];
  readonly letters: Letter[] = [];
  /** The letter behind the name of each stored copy. */
  readonly copies = new Map<string, Letter>();
  /** The last things that happened, for whoever looks at what went wrong. */
  readonly told: string[] = [];
  /** The believed letters that came, by which an address reaches its hourly limit. */
  readonly heard: { from: string; at: Date }[] = [];
  /** Those of them that went into a ticket at once. */
  readonly acted: { from: string; at: Date }[] = [];
  /** Messages of tickets that were looked at, by the keys of their rows, and letters whose Cc was. */
  readonly seen = new Set<string>();
  readonly copied = new Set<Letter>();
  added: Added[] = [];
  readonly questions: MailedQuestion[] = [];
  /** Where a day's limit held something back: mailbox, account and day, with the spelling that its digest goes to. */
  readonly held = new Map<string, string>();
  /** When an address was answered last as a stranger's. */
  readonly answered = new Map<string, Date>();
  /** Mail that robots have not answered yet. */
  readonly toRobots: { robot: Sender; mail: SentMail }[] = [];
  isRobotsTurn = false;
  /** Events that the mail service told of, and who is no contact of an account any more. */
  readonly events: unknown[] = [];
  readonly gone = new Set<string>();
  /** The outbox was not told of what a stopped function left in it: the sweep finds that. */
  mayBeUntold = false;
  /** The letter that is being handled. */
  handling: Letter | null = null;
  readonly #sabotage: Sabotage;

  constructor(seed: number, sabotage: Sabotage = {}) {
    this.random = new Seeded(seed);
    this.#sabotage = sabotage;
    this.portal = portalWith(sabotage, () => this);
    interfere(this, sabotage);
  }

  get now(): Date {
    return this.portal.now;
  }

  /** The ticket that a mail is about, as its readers see it. */
  ticketOf({ subject = '' }: SentMail): TrueTicket | undefined {
    const number = /\[Ticket ID: (\d{6})\]/.exec(subject)?.[1];
    return [...this.truth.tickets.values()].find((ticket) => ticket.number === number);
  }

  wrong(what: string): void {
    this.wrongs.push(what);
  }

  tell(what: string): void {
    this.told.push(`${this.now.toISOString().slice(5, 19)} ${what}`);
  }

  /** One copy of a letter arrives, and is handled; now and then that stops and begins anew. */
  async receive(letter: Letter, way: Way): Promise<InboundRecord> {
    const stored = this.#store(letter, way);
    this.handling = letter;
    const handle = () =>
      handleMail(this.portal.inbound(), readNotification(JSON.stringify(stored.notification)));
    await this.perhapsStopped(handle);
    const record = await handle();
    this.handling = null;
    const { outcome, reason } = record;
    this.tell(`${letter.nth} from ${letter.from} (${letter.author}, ${way.called}): ${outcome}, ${reason}`);
    return record;
  }

  #store(letter: Letter, given: Way): Stored {
    const { files } = this.portal;
    const { way: changeWay, handed } = this.#sabotage;
    const way = changeWay?.(given, letter) ?? given;
    const key = `in/m${this.copies.size}`;
    const { raw, notification } = sesNotification({
      raw: Buffer.from(rawOf(letter, way)),
      envelope: { from: way.envelope, to: [letter.to] },
      client: { address: way.client, helo: way.helo ?? 'mx.somewhere.test' },
      bucket: 'mail',
      key,
      topicArn: 'received',
      messageId: key.slice(3),
      now: this.now,
    });
    if (way.leftOut)
      delete (notification.receipt as Partial<typeof notification.receipt>)[`${way.leftOut}Verdict`];
    const bytes = handed ? Buffer.from(handed(raw.toString(), notification)) : raw;
    files.objects.set(key, bytes);
    this.copies.set(key, letter);
    return { key, notification };
  }

  /** Begins something that is begun anew afterwards, now and then, and stops it midway. */
  async perhapsStopped(act: () => Promise<unknown>): Promise<void> {
    const { random, portal } = this;
    if (!random.chance(stoppedOf)) return;
    const [how, nth] = [random.pick(stoppages), random.between(1, latestStop)];
    const stopped = await stopAt(portal, how, nth, act);
    this.tell(`${how} at ${nth}: ${stopped}`);
    this.mayBeUntold ||= stopped;
  }

  /** What the hourly job does. */
  async settleWaiting(): Promise<void> {
    const settle = () => settleWaiting(this.portal.inbound());
    await this.perhapsStopped(settle);
    await settle();
  }

  /** Presses a button behind a mailed link; gives the status. */
  async press(token: string, answer: 'yes' | 'no'): Promise<number> {
    const press = () => this.portal.call('', 'POST', `/v1/mail/${token}`, { public: true, body: { answer } });
    await this.perhapsStopped(press);
    return (await press()).status;
  }

  /** A letter that nobody has sent yet. */
  letter(
    author: string,
    from: string,
    more: Partial<
      Pick<Letter, 'subject' | 'text' | 'to' | 'cc' | 'head' | 'writtenAt' | 'machine' | 'danger' | 'answers'>
    > = {},
  ): Letter {
    const nth = this.letters.length + 1;
    const letter: Letter = {
      nth,
      author,
      from,
      subject: `Matter ${nth} of ours`,
      text: `This is letter ${nth} about it.`,
      to: supportAddress,
      cc: [],
      head: [],
      messageId: `<letter-${nth}@written.test>`,
      writtenAt: this.now,
      machine: null,
      danger: null,
      answers: null,
      isOfStranger: false,
      believed: false,
      signed: false,
      pressed: false,
      confirmed: false,
      replayed: false,
      ticketId: null,
      ...more,
    };
    this.letters.push(letter);
    return letter;
  }
}

function portalWith(sabotage: Sabotage, world: () => SendersWorld): MemoryPortal {
  class Changed extends MemoryPortal {
    override inbound(): InboundDependencies {
      const dependencies = super.inbound();
      return { ...dependencies, ...sabotage.inbound?.(dependencies, world) };
    }

    override outbox(): OutboxDependencies {
      const dependencies = super.outbox();
      return { ...dependencies, ...sabotage.outbox?.(dependencies) };
    }

    override mailEvents(): MailEventDependencies {
      const dependencies = super.mailEvents();
      return { ...dependencies, ...sabotage.mailEvents?.(dependencies) };
    }
  }
  return new Changed();
}

/** In the prototype of this one table, since stoppages take their own changes off the table itself. */
function interfere(world: SendersWorld, { transact, got, found }: Sabotage): void {
  const { transact: write, get, getMany, query } = MemoryTable.prototype;
  const changed = Object.create(MemoryTable.prototype) as MemoryTable;
  if (transact) {
    changed.transact = async function changedTransact(actions) {
      const left = transact(actions, world);
      if (left.length > 0) await write.call(this, left);
    };
  }
  if (found) {
    changed.query = async function changedQuery(asked) {
      const page = await query.call(this, asked);
      return { ...page, items: page.items.filter((item) => found(item, page.items)) };
    };
  }
  if (got) {
    changed.get = async function changedGet(key) {
      return got(await get.call(this, key), key, world);
    };
    changed.getMany = async function changedGetMany(keys) {
      const items = await getMany.call(this, keys);
      return items.map((item, index) => got(item, keys[index]!, world));
    };
  }
  Object.setPrototypeOf(world.portal.table, changed);
}
