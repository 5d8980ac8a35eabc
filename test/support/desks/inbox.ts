import { settleWaiting } from '../../../shared/inbound-mail/settle.ts';
import type { InboundRecord } from '../../../shared/mail/received/inbound-mail-store.ts';
import type { SentMail } from '../memory/memory-dependencies.ts';
import { type Called, MemoryPortal } from '../memory/memory-portal.ts';

export interface Place {
  accountId: string;
  ownerId: string;
}

export interface Letter {
  subject?: string;
  text?: string;
  to?: string;
  cc?: string;
  id?: string;
  /** Null for a mail that does not say when it was written. */
  date?: Date | null;
  /** Lines of its head beyond those. */
  head?: string[];
  verdicts?: Parameters<MemoryPortal['receive']>[1];
  envelope?: string;
  /** The host that handed it in. */
  client?: string;
  recipients?: string[];
  /** Where the receiver keeps it. */
  key?: string;
}

export const support = 'support@portal.test';
export const hour = 3600;
export const day = 24 * hour;
/** Nothing shows that such mail is from its From. */
export const forged: Letter = {
  verdicts: { spf: 'FAIL', dkim: 'FAIL', dmarc: 'FAIL' },
  envelope: 'x@evil.test',
};

/** What comes in by mail, and what people make of the mail that they get. */
export function openInbox(portal = new MemoryPortal()) {
  let count = 0;
  portal.addStaff('stan');

  const written = (from: string, letter: Letter = {}): string => {
    count += 1;
    const { to = support, cc, subject = 'Down', text = 'Please look.', date = portal.now } = letter;
    const id = letter.id ?? `<${count}@written.test>`;
    const head = [
      `From: ${from}`,
      `To: ${to}`,
      ...(cc === undefined ? [] : [`Cc: ${cc}`]),
      `Subject: ${subject}`,
      ...(date === null ? [] : [`Date: ${date.toUTCString().replace('GMT', '+0000')}`]),
      `Message-ID: ${id}`,
      ...(letter.head ?? []),
    ];
    return `${head.join('\n')}\n\n${text}\n`;
  };

  /** A mail from this address, believed unless the letter says otherwise. */
  const write = (from: string, letter: Letter = {}): Promise<InboundRecord> => {
    const { verdicts = {}, recipients, client, key } = letter;
    const address = /<(.*)>/.exec(from)?.[1] ?? from;
    return portal.receive(written(from, letter), verdicts, {
      from: letter.envelope ?? address,
      ...(recipients && { recipients }),
      ...(client !== undefined && { client }),
      ...(key !== undefined && { key }),
    });
  };

  const contactsOf = ({ accountId }: Place) => `/v1/accounts/${accountId}/contacts`;

  /** Records a person under an account; gives the contact's id. */
  const record = async (place: Place, email: string, more: object = {}): Promise<string> => {
    const body = { name: email.split('@')[0], email, ...more };
    const made = await portal.call(place.ownerId, 'POST', contactsOf(place), { body });
    if (made.status !== 201) throw new Error(JSON.stringify(made.body));
    return made.body.id;
  };

  /** Gives this person a login in the account, which waits for them to accept it; gives the user's id. */
  const invite = async (place: Place, email: string, permissions: string[]): Promise<string> => {
    const path = `${contactsOf(place)}/${await record(place, email)}/sub-account`;
    const given = await portal.call(place.ownerId, 'PUT', path, { body: { permissions } });
    if (given.status !== 200) throw new Error(JSON.stringify(given.body));
    return (await portal.people.byAddress(email)).userId!;
  };

  /** A person whose login is proven, with an accepted part in the account. */
  const join = async (place: Place, email: string, permissions: string[] = ['tickets']): Promise<string> => {
    const userId = await invite(place, email, permissions);
    await portal.acceptInvitation(userId, place.accountId);
    return userId;
  };

  /** Another account of an owner who has a login already. */
  const openAnother = async (name: string, email: string): Promise<Place> => {
    const body = { name, owner: { name: `Owner of ${name}`, email } };
    const made = await portal.call('stan', 'POST', '/v1/staff/accounts', { body });
    if (made.status !== 201) throw new Error(JSON.stringify(made.body));
    const { userId } = await portal.people.byAddress(email);
    await portal.acceptInvitation(userId!, made.body.id);
    return { accountId: made.body.id, ownerId: userId! };
  };

  const ticketsOf = async (place: Place): Promise<any[]> => {
    const path = `/v1/accounts/${place.accountId}/tickets`;
    return (await portal.call('stan', 'GET', path, { query: { limit: '100' } })).body.items;
  };

  const subjectsOf = async (place: Place): Promise<string[]> =>
    (await ticketsOf(place)).map(({ subject }): string => subject).toSorted();

  const readTicket = async (place: Place, id: string): Promise<any> =>
    (await portal.call('stan', 'GET', `/v1/accounts/${place.accountId}/tickets/${id}`)).body;

  /** What went out to this address so far. */
  const mailsTo = async (address: string): Promise<SentMail[]> => {
    await portal.deliver();
    return portal.mails.filter(({ destinations }) => destinations.includes(address));
  };

  /** The Message-ID that the mail service gave it. */
  const sentId = (mail: SentMail): string => `<${portal.mails.indexOf(mail) + 1}@eu-west-1.amazonses.com>`;

  const tokenIn = (mail: SentMail | undefined): string | null =>
    /\/mail\/([^\s"<>]+)/.exec(mail?.text ?? '')?.[1] ?? null;

  /** The tokens of all questions that went to this address. */
  const questionsTo = async (address: string): Promise<string[]> =>
    (await mailsTo(address)).flatMap((mail) => tokenIn(mail) ?? []);

  const look = (token: string, headers: Record<string, string> = {}): Promise<Called> =>
    portal.call('', 'GET', `/v1/mail/${token}`, { public: true, headers });
  const press = (token: string, answer: unknown): Promise<Called> =>
    portal.call('', 'POST', `/v1/mail/${token}`, { public: true, body: { answer } });

  const recordOf = async (id: string): Promise<any> =>
    (await portal.call('stan', 'GET', '/v1/staff/mail-in', { query: { limit: '100' } })).body.items.find(
      (each: { id: string }) => each.id === id,
    );
  const quarantine = async (): Promise<any[]> =>
    (await portal.call('stan', 'GET', '/v1/staff/quarantine', { query: { limit: '100' } })).body.items;
  const replay = (id: string): Promise<Called> =>
    portal.call('stan', 'POST', `/v1/staff/quarantine/${id}/replay`);
  const discard = (id: string): Promise<Called> =>
    portal.call('stan', 'POST', `/v1/staff/quarantine/${id}/discard`);

  const set = async (settings: object): Promise<void> => {
    const answer = await portal.call('stan', 'PUT', '/v1/staff/settings', { body: settings });
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  };

  /** Lets this time pass, with the hourly job at its end. */
  const pass = async (seconds: number): Promise<void> => {
    portal.advance(seconds);
    await settleWaiting(portal.inbound());
  };

  return {
    contactsOf,
    discard,
    invite,
    join,
    look,
    mailsTo,
    openAnother,
    pass,
    portal,
    press,
    quarantine,
    questionsTo,
    readTicket,
    record,
    recordOf,
    replay,
    sentId,
    set,
    subjectsOf,
    ticketsOf,
    tokenIn,
    write,
    written,
  };
}

export type Inbox = ReturnType<typeof openInbox>;

export const jane = 'jane@acme.test';

/** An inbox with Jane's account, who recorded these; what was mailed until then is out of the way. */
export async function inboxOfAcme(
  contacts: readonly string[] = [],
  portal = new MemoryPortal(),
): Promise<{ inbox: Inbox; acme: Place }> {
  const inbox = openInbox(portal);
  const acme = await portal.createAccount('Acme', jane);
  for (const email of contacts) await inbox.record(acme, email);
  await portal.deliver();
  portal.mails.length = 0;
  return { inbox, acme };
}
