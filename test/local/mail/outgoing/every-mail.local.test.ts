import { beforeAll, describe, expect, inject, test } from 'vitest';
import {
  addressesOf,
  MailDesk,
  type ParsedMail,
  parseMail,
  replyAddress,
} from '../../../support/desks/mail-desk.ts';
import { type Mailed, PortalClient } from '../../../support/local/portal-client.ts';
import {
  type Account,
  addContact,
  addressOf,
  addSubAccount,
  allOf,
  grant,
  staffEmail,
  unique,
} from '../../people.ts';

const client = new PortalClient(inject('portal'));
const desk = new MailDesk(client);

interface Sent extends Mailed {
  /** What brought it about. */
  event: string;
  parsed: ParsedMail;
}

/** Message-IDs of mails that people wrote to the portal. */
const written: string[] = [];
const people = new Set<string>();

let account: Account;
let limited: string;
let sent: Sent[];
let events: { event: string; mails: number }[];

const known = <T extends { email: string }>(person: T): T => {
  people.add(person.email);
  return person;
};

async function mailsToPeople(): Promise<Mailed[]> {
  return (await client.mails()).filter((mail) => mail.envelope.to.some((address) => people.has(address)));
}

/** Lets one thing happen and waits for its mails, so that each mail belongs to what brought it about. */
async function happens(event: string, mails: number, happen: () => Promise<unknown>): Promise<Mailed[]> {
  const before = new Set((await mailsToPeople()).map((mail) => mail.messageId));
  await happen();
  const fresh = await client.until(async () => {
    const found = (await mailsToPeople()).filter((mail) => !before.has(mail.messageId));
    return found.length >= mails && found;
  });
  events.push({ event, mails });
  for (const mail of fresh) sent.push({ ...mail, event, parsed: await parseMail(mail) });
  return fresh;
}

async function sendMail(mail: Parameters<PortalClient['sendMail']>[0]): Promise<void> {
  const messageId = `<${unique('client')}@people.test>`;
  written.push(messageId);
  await client.sendMail({ ...mail, messageId });
}

const replyTo = (mail: Mailed | undefined) => ({ to: replyAddress(mail!), inReplyTo: mail!.messageId });

beforeAll(async () => {
  sent = [];
  events = [];
  account = await desk.openAccount();
  known(account.owner);
  const { owner } = account;
  const tickets = `${account.path}/tickets`;
  const support = { emailPreferences: { support: true } };
  const person = known(await addSubAccount(client, account, ['tickets'], { name: 'Pia Person' }));
  known(await addContact(client, account, { name: 'Søren Støtte', ...support }));
  const asker = known(await addSubAccount(client, account, ['emails']));
  limited = (await addSubAccount(client, account, ['tickets'])).token;
  const guest = addressOf('guest');
  people.add(guest);
  const reply = (token: string, id: string, message: string, more: object = {}) =>
    desk.replyAs(token, account, id, { message, ...more });
  const staff = await desk.staff();

  const invited = known(await addContact(client, account, { name: 'Ines “Inn” Invited' }));
  await happens('invitation', 1, () =>
    grant(client, account, invited, { permissions: ['invoices', 'tickets'] }),
  );
  let asked: any;
  await happens('access-request', 1, async () => {
    const path = `${account.path}/access-requests`;
    asked = await client.call(asker.token, 'POST', path, {
      permissions: ['tickets'],
      message: 'I <need> it.',
    });
    expect(asked.status).toBe(201);
  });
  await happens('access-decision', 1, () =>
    client.call(owner.token, 'POST', `${account.path}/access-requests/${asked.body.id}/approve`),
  );

  const subject = 'Größe & <b>Gewicht</b> – 東京 🦊, and on and on '.repeat(3).trim();
  let mine: any;
  await happens('owner opens', 1, async () => {
    const message = 'First line.\n\n<script>alert(1)</script> & "quotes"\nA long line: '.concat(
      'word '.repeat(400),
    );
    mine = (await client.call(owner.token, 'POST', tickets, { subject, message })).body;
  });
  await happens('staff reply', 1, () => reply(staff, mine.id, '.\n..\nFrom nowhere\n\tA tab – “ünïcode” 🦊'));
  await happens('private note', 0, () => reply(staff, mine.id, 'Not for them.', { private: true }));
  await happens('close', 0, () => client.call(staff, 'POST', `${tickets}/${mine.id}/close`));
  await happens('owner reply', 1, () => reply(owner.token, mine.id, 'It is back.'));

  let last: Mailed | undefined;
  [last] = await happens('person opens by mail', 1, () =>
    sendMail({ from: person.email, cc: `Gus Guest <${guest}>`, subject: unique('By mail'), text: 'Hello.' }),
  );
  const theirs = await client.until(async () =>
    (await desk.ticketsOf(account)).find((ticket) => ticket.openedBy.id === person.id),
  );
  [last] = await happens('staff reply', 1, () => reply(staff, theirs.id, 'Which one?'));
  [last] = await happens('person replies by mail', 1, () =>
    sendMail({ from: person.email, subject: 'Re:', text: 'That one.', ...replyTo(last) }),
  );
  [last] = await happens('owner replies by mail', 1, () =>
    sendMail({ from: owner.email, subject: 'Re:', html: '<p>The <b>red</b> one.</p>', ...replyTo(last) }),
  );
  [last] = await happens('guest replies by mail', 1, () =>
    sendMail({ from: guest, subject: 'Re:', text: 'Me too.', ...replyTo(last) }),
  );
  await happens('staff reply', 1, () => reply(staff, theirs.id, 'Thank you all.'));

  const stranger = addressOf('stranger');
  people.add(stranger);
  await happens('stranger', 1, () =>
    sendMail({ from: stranger, subject: unique('Who are you'), text: 'Hello?' }),
  );
  await desk.settle(account);
}, 60_000);

const each = async (check: (mail: Sent) => void): Promise<void> => {
  for (const mail of sent) check(mail);
};

const ofTickets = (mail: Sent): boolean =>
  !['invitation', 'access-request', 'access-decision', 'stranger'].includes(mail.event);
const named = (event: string): Sent[] => sent.filter((mail) => mail.event === event);

describe('every mail that goes out', () => {
  test('is one message for what happened, and nothing else is sent', async () => {
    const counts = new Map<string, number>();
    for (const { event, mails } of events) counts.set(event, (counts.get(event) ?? 0) + mails);
    for (const [event, mails] of counts) expect([event, named(event).length]).toEqual([event, mails]);
    const ids = (await mailsToPeople()).map((mail) => mail.messageId);
    // The last is the one that the end of the scenario was waited for with.
    expect(ids).toHaveLength(sent.length + 1);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('has in its head those whom the envelope names, each once, and no Bcc', () =>
    each((mail) => {
      const { parsed } = mail;
      const head = [...addressesOf(parsed.to), ...addressesOf(parsed.cc)];
      expect(addressesOf(parsed.to)).toHaveLength(1);
      expect([...head].sort()).toEqual([...mail.envelope.to].sort());
      expect(new Set(head.map((address) => address.toLowerCase())).size).toBe(head.length);
      expect(parsed.headers.has('bcc')).toBe(false);
      expect(mail.raw).not.toMatch(/^Bcc:/im);
      expect(mail.envelope.from).toMatch(/@portal\.test$/);
      expect(addressesOf(parsed.from)).toEqual(['support@portal.test']);
      expect(mail.messageId).toBe(parsed.messageId);
    }));

  test('has a text and an HTML body that say the same, with nothing left to fill in', () =>
    each(({ parsed, event, raw }) => {
      expect(parsed.text?.trim(), event).toBeTruthy();
      expect(parsed.html || '', event).toMatch(/<p>/);
      for (const part of [parsed.text!, parsed.html as string, parsed.subject!]) {
        expect(part, event).not.toMatch(/\{\{|\}\}|\{%|%\}|\bundefined\b|\[object |\bNaN\b|\bnull\b/);
      }
      expect(raw).toMatch(/^MIME-Version: 1\.0/im);
      expect(parsed.date?.getTime()).toBeGreaterThan(0);
    }));

  test('can be carried by any mail server: ASCII heads, short lines', () =>
    each(({ raw, event }) => {
      for (const line of raw.split(/\r?\n/)) expect(line.length, event).toBeLessThanOrEqual(998);
      expect(raw.slice(0, raw.search(/\r?\n\r?\n/)), event).toMatch(/^[\t\r\n -~]*$/);
    }));

  test('keeps markup of a person as text', () =>
    each(({ parsed, event }) => {
      expect(parsed.html, event).not.toMatch(/<script|<b>Gewicht|<need>/i);
    }));

  test('says that it is automatic where it is, and only there', () => {
    const automatic = new Set([
      'invitation',
      'access-request',
      'access-decision',
      'owner opens',
      'person opens by mail',
      'stranger',
    ]);
    return each(({ parsed, event }) => {
      const said = parsed.headers.get('auto-submitted');
      if (automatic.has(event)) expect(said, event).toMatch(/^auto-(generated|replied)/);
      else expect(said ?? 'no', event).toBe('no');
    });
  });

  test('links to where it is switched off where it is a preference of one reader, and only there', () =>
    each(({ parsed, event, envelope }) => {
      const line = parsed.headerLines.find(({ key }) => key === 'list-unsubscribe')?.line;
      if (envelope.to.length > 1) return expect(line, event).toBeUndefined();
      if (['owner opens', 'owner reply'].includes(event))
        expect(line, event).toMatch(/<https?:\/\/\S+\/v1\/unsubscribe\/[^>]+>/);
      if (['invitation', 'access-decision', 'stranger'].includes(event)) expect(line, event).toBeUndefined();
    }));
});

describe('the mails of a ticket', () => {
  test('are answered to an address with a token of that ticket', () => {
    const tokens = new Map<string, Set<string>>();
    for (const mail of sent.filter(ofTickets)) {
      const [address] = addressesOf(mail.parsed.replyTo);
      expect(address, mail.event).toMatch(/^support\+[a-z0-9]+@portal\.test$/);
      const number = /\[Ticket ID: (\d{6})\]/.exec(mail.parsed.subject!)?.[1];
      expect(number, mail.event).toBeDefined();
      tokens.set(number!, (tokens.get(number!) ?? new Set()).add(address!));
    }
    const [one, two, ...more] = [...tokens.values()];
    expect(more).toEqual([]);
    expect([...one!].filter((address) => two!.has(address))).toEqual([]);
  });

  test('hang together: each refers to one before it, by In-Reply-To and in References', () => {
    const conversations = new Map<string, Sent[]>();
    for (const mail of sent.filter(ofTickets)) {
      const number = /\[Ticket ID: (\d{6})\]/.exec(mail.parsed.subject!)![1]!;
      conversations.set(number, [...(conversations.get(number) ?? []), mail]);
    }
    for (const mails of conversations.values()) {
      const seen = [...written];
      for (const [index, { parsed, event }] of mails.entries()) {
        const references = [parsed.references ?? []].flat();
        if (index > 0) expect(parsed.inReplyTo, event).toBeDefined();
        if (parsed.inReplyTo !== undefined) {
          expect(seen, event).toContain(parsed.inReplyTo);
          expect(references.at(-1), event).toBe(parsed.inReplyTo);
        }
        for (const reference of references) expect(seen, event).toContain(reference);
        expect(new Set(references).size).toBe(references.length);
        seen.push(parsed.messageId!);
      }
    }
  });

  test('tell what was written, whole', () => {
    const texts: [string, string[]][] = [
      ['staff reply', ['.\n..\nFrom nowhere', '“ünïcode” 🦊', 'Which one?', 'Thank you all.']],
      ['person replies by mail', ['That one.', 'Pia Person']],
      ['owner replies by mail', ['The red one.', 'Olive Owner']],
      ['guest replies by mail', ['Me too.']],
      ['owner opens', ['<script>alert(1)</script> & "quotes"', 'word '.repeat(400).trim()]],
    ];
    for (const [event, words] of texts) {
      const all = named(event)
        .map((mail) => mail.parsed.text)
        .join('\n');
      for (const word of words) expect(all, event).toContain(word);
    }
  });

  test('have the subject as it was written, in every alphabet', () => {
    const [mail] = named('owner opens');
    expect(mail!.parsed.subject).toContain('Größe & <b>Gewicht</b> – 東京 🦊');
    expect(named('staff reply')[0]!.parsed.subject).toBe(mail!.parsed.subject);
  });

  test('go to whom they should', () => {
    const to = (event: string, at = 0) =>
      [...named(event).at(at)!.envelope.to].map((address) => address.replace(/-.*/, '')).sort();
    expect(to('owner opens')).toEqual(['cora', 'olive']);
    expect(to('owner reply')).toEqual(['cora']);
    expect(to('person opens by mail')).toEqual(['cora', 'guest', 'olive']);
    expect(to('person replies by mail')).toEqual(['guest', 'olive']);
    expect(to('owner replies by mail')).toEqual(['cora', 'guest']);
    expect(to('guest replies by mail')).toEqual(['cora', 'olive']);
  });
});

const isInvitation = ({ text }: { text: string }) => text.includes('/v1/invitation/');

describe('the mail that was sent to an account', () => {
  const list = (): Promise<any[]> => allOf(client, account.owner.token, `${account.path}/emails`);

  test('is listed, newest first, all of it and nothing else', async () => {
    const listed = await list();
    const ours = (await mailsToPeople()).filter((mail) => !mail.envelope.to[0]!.startsWith('stranger'));
    // Of mail with a signed link the subject and the time of day are its person's too.
    expect(listed.map((mail) => String(mail.subject)).sort()).toEqual(
      ours.map((mail) => (isInvitation(mail) ? 'null' : mail.subject)).sort(),
    );
    const times = listed.flatMap((mail) => (mail.sentAt as string | null) ?? []);
    expect(times).toEqual([...times].sort().toReversed());
    expect(JSON.stringify(listed)).not.toContain('stranger');
    const page = await client.call(account.owner.token, 'GET', `${account.path}/emails?limit=3`);
    expect(page.body.items.map((mail: any) => mail.id)).toEqual(listed.slice(0, 3).map((mail) => mail.id));
  });

  test('is shown as it was sent, but for the link of an invitation, which is its person’s alone', async () => {
    for (const item of await list()) {
      const shown = await client.call(account.owner.token, 'GET', `${account.path}/emails/${item.id}`);
      expect(shown).toMatchObject({ status: 200, body: item });
      const mail = (await client.mails()).find((one) => one.messageId === shown.body.messageId);
      expect(mail, String(item.subject)).toBeDefined();
      expect([...(shown.body.to as string[])].sort()).toEqual([...mail!.envelope.to].sort());
      const isSecret = isInvitation(mail!);
      expect(shown.body.subject).toBe(isSecret ? null : mail!.subject);
      expect(shown.body.text.trim()).toBe(isSecret ? '' : mail!.text.trim());
      expect(shown.body.html.trim()).toBe(isSecret ? '' : mail!.html.trim());
    }
  });

  test('needs `emails`, and is not read under another account', async () => {
    const [item] = await list();
    const refused = await client.call(limited, 'GET', `${account.path}/emails`);
    expect(refused).toMatchObject({ status: 403, body: { requiredPermission: 'emails' } });
    expect((await client.call(limited, 'GET', `${account.path}/emails/${item.id}`)).status).toBe(403);
    const other = await desk.openAccount();
    expect((await client.call(other.owner.token, 'GET', `${other.path}/emails/${item.id}`)).status).toBe(404);
    expect((await client.call(other.owner.token, 'GET', `${account.path}/emails/${item.id}`)).status).toBe(
      404,
    );
    expect((await client.call(account.owner.token, 'GET', `${account.path}/emails/eml_nothing`)).status).toBe(
      404,
    );
    expect(await client.call(other.owner.token, 'GET', `${other.path}/emails`)).toMatchObject({
      body: { items: [] },
    });
    const staff = await client.token(staffEmail);
    expect((await client.call(staff, 'GET', `${account.path}/emails/${item.id}`)).status).toBe(200);
  });
});
