import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type RunningPortal, startPortal } from '../../../../infra/portal/portal.ts';
import {
  addressesOf,
  MailDesk,
  parseMail,
  replyAddress,
  verdicts,
} from '../../../support/desks/mail-desk.ts';
import { type Answered, type Mailed, PortalClient } from '../../../support/local/portal-client.ts';
import {
  type Account,
  addContact,
  addressOf,
  addSubAccount,
  allOf,
  password,
  staffEmail,
  unique,
} from '../../people.ts';

/** What changes the portal for everybody (departments, settings, templates, its clock, faults) or loads it: in a cloud of its own. */

let cloud: RunningPortal;
let client: PortalClient;
let desk: MailDesk;
let staff: string;

/** Signed in anew, for the tokens of another time are of no use. */
async function signInAgain(): Promise<void> {
  client = new PortalClient(cloud.portal);
  desk = new MailDesk(client);
  staff = await desk.staff();
}

beforeAll(async () => {
  cloud = await startPortal({ demo: true });
  await signInAgain();
}, 120_000);

afterAll(() => cloud.close());

/** Waits as long as more of them come. */
async function countUp(wanted: number, count: () => Promise<number>): Promise<number> {
  let last = -1;
  for (;;) {
    const now = await client.until(async () => {
      const found = await count();
      return found > last && { found };
    });
    last = now.found;
    if (last >= wanted) return last;
  }
}

const hour = 3_600_000;
const day = 24 * hour;

/** Moves the clock so far from now, as the real clock has it. */
async function moveClock(milliseconds: number | null): Promise<void> {
  const now = milliseconds === null ? null : new Date(Date.now() + milliseconds).toISOString();
  await client.control('clock', { now });
  await signInAgain();
}

describe('a flood of mail', () => {
  interface Person {
    account: Account;
    email: string;
  }
  let accounts: Account[];
  let people: Person[];

  beforeAll(async () => {
    accounts = await Promise.all(Array.from({ length: 5 }, () => desk.openAccount()));
    const pairs = accounts.map(async (account): Promise<Person[]> => [
      { account, email: account.owner.email },
      { account, email: (await addContact(client, account)).email },
    ]);
    people = (await Promise.all(pairs)).flat();
  });

  /** Delivers a mail twice at the same time, as if over two ways. */
  async function deliverTwice(mail: Parameters<PortalClient['sendMail']>[0]): Promise<void> {
    const whole = { ...mail, messageId: `<${randomUUID()}@people.test>`, date: new Date() };
    const over = (way: string) => ({
      Received: `from ${way}.people.test by mx.portal.test; ${whole.date.toUTCString()}`,
    });
    await Promise.all(['one', 'two'].map((way) => client.sendMail({ ...whole, headers: over(way) })));
  }

  /** Delivers the mails of all people at the same time, each person's one after the other. */
  async function deliver(mails: { from: string; subject: string; text: string }[]): Promise<void> {
    const ofOne = async (email: string): Promise<void> => {
      for (const mail of mails.filter(({ from }) => from === email)) await deliverTwice(mail);
    };
    await Promise.all(people.map(({ email }) => ofOne(email)));
  }

  const tickets = async (): Promise<any[]> =>
    (await Promise.all(accounts.map((account) => desk.ticketsOf(account)))).flat();
  const confirmations = async (mark: string): Promise<Mailed[]> =>
    (await client.mails()).filter((mail) => mail.subject.includes(mark));

  /** `FLOOD=2 npx vitest run mail/provider` is twice the flood, and so on. */
  const size = Number(process.env['FLOOD'] ?? 1);
  const [mailsEach, repliesEach] = [10 * size, 5 * size];
  const all = 10 * mailsEach;

  test(`of ten people, ${all} mails each delivered twice at once, is as many tickets; their replies are messages once`, async () => {
    const mark = unique('Flood');
    const mails = people.flatMap(({ email }) =>
      Array.from({ length: mailsEach }, (_, index) => ({
        from: email,
        subject: `${mark} ${email} ${index}`,
        text: `Mail ${index}`,
      })),
    );
    await deliver(mails);
    for (const account of accounts)
      await countUp(2 * mailsEach, async () => (await desk.ticketsOf(account)).length);
    await countUp(all, async () => (await confirmations(mark)).length);
    await desk.settle(await desk.openAccount());
    const opened = await tickets();
    expect(opened.map((ticket) => ticket.subject as string).sort()).toEqual(
      mails.map((mail) => mail.subject).sort(),
    );
    expect(new Set(opened.map((ticket) => ticket.number)).size).toBe(all);
    expect(new Set((await confirmations(mark)).map((mail) => mail.subject)).size).toBe(all);
    expect(await confirmations(mark)).toHaveLength(all);
    expect(await desk.records(mark)).toHaveLength(all);

    const answered = new Map(
      (await confirmations(mark)).map((mail) => [mail.subject.replace(/^\[.*?\] /, ''), mail]),
    );
    const replies = people.flatMap(({ email }) =>
      Array.from({ length: repliesEach }, (_, index) => {
        const { messageId } = answered.get(`${mark} ${email} ${index % 2}`)!;
        return { from: email, subject: 'Re:', inReplyTo: messageId, text: `Reply ${mark} ${email} ${index}` };
      }),
    );
    await deliver(replies);
    const talked = opened.filter((ticket) => /\b[01]$/.test(ticket.subject));
    expect(talked).toHaveLength(20);
    const messages = async (): Promise<string[]> => {
      const read = talked.map(async (ticket) => {
        const account = accounts.find(({ id }) => id === ticket.accountId)!;
        return (await desk.readTicket(account, ticket.id)).messages.slice(1);
      });
      return (await Promise.all(read)).flat().map((message: any) => message.body as string);
    };
    await countUp(10 * repliesEach, async () => (await messages()).length);
    await desk.settle(await desk.openAccount());
    expect((await messages()).sort()).toEqual(replies.map((reply) => reply.text).sort());
    expect(await tickets()).toHaveLength(all);
  }, 180_000);
});

describe('departments', () => {
  const support = 'support@portal.test';
  const sales = 'sales@portal.test';
  const abuse = 'abuse@portal.test';
  let departments: any[];

  const put = (items: object[]): Promise<Answered> =>
    client.call(staff, 'PUT', '/v1/staff/departments', { items });
  const idOf = (address: string): string =>
    departments.find((department) => department.address === address).id;

  beforeAll(async () => {
    const before = (await client.call(staff, 'GET', '/v1/staff/departments')).body.items;
    const answer = await put([
      ...before,
      { name: 'Sales', address: sales, clientsOnly: false, repliesOnly: false, guests: true },
      { name: 'Abuse', address: abuse, clientsOnly: false, repliesOnly: true, guests: false },
    ]);
    expect(answer.status).toBe(200);
    departments = answer.body.items;
    expect((await client.call(staff, 'GET', '/v1/staff/departments')).body.items).toEqual(departments);
  });

  test('are the provider’s: clients do not change them, and bad ones are refused', async () => {
    const owner = await client.token('owner@acme.test');
    const one = { name: 'One', address: 'one@portal.test' };
    expect((await client.call(owner, 'PUT', '/v1/staff/departments', { items: [one] })).status).toBe(403);
    expect((await put([])).status).toBe(400);
    expect((await put([{ ...one, address: 'nothing' }])).status).toBe(400);
    expect((await put([{ ...one, name: '' }])).status).toBe(400);
    expect((await put([one, { ...one, name: 'Two' }])).status).toBe(400);
    expect((await client.call(staff, 'GET', '/v1/staff/departments')).body.items).toEqual(departments);
  });

  test('are kept in the order that was given, and the first writes where none was chosen', async () => {
    expect(departments.map((department) => department.address)).toEqual([support, sales, abuse]);
    const { mail } = await desk.openTicket(await desk.openAccount());
    expect(mail.from).toBe(support);
    expect(mail.envelope.from).toMatch(/^support(\+|@)/);
  });

  test('own the tickets of their address, and their mail comes from it', async () => {
    const account = await desk.openAccount();
    const subject = unique('To sales');
    await client.sendMail({ from: account.owner.email, to: sales, subject, text: 'Hello.' });
    const ticket = await desk.ticketNamed(account, subject);
    expect(ticket.departmentId).toBe(idOf(sales));
    const [confirmation] = await client.mailsWith(subject);
    const said = await desk.staffReply(account, ticket.id);
    const [reply] = await client.mailsWith(said);
    for (const mail of [confirmation!, reply!]) {
      expect(addressesOf((await parseMail(mail)).from)).toEqual([sales]);
      expect(replyAddress(mail)).toMatch(/^sales\+[a-z0-9]+@portal\.test$/);
    }
    const text = unique('Answer');
    await client.sendMail({ from: account.owner.email, to: replyAddress(reply!), subject: 'Re:', text });
    await desk.messageIn(account, ticket.id, text);
  });

  test('are chosen in the portal too, and changed by staff', async () => {
    const account = await desk.openAccount();
    const { ticket, mail } = await desk.openTicket(account, { departmentId: idOf(sales) });
    expect(ticket.departmentId).toBe(idOf(sales));
    expect(mail.from).toBe(sales);
    const path = `${account.path}/tickets/${ticket.id}`;
    const changed = await client.call(staff, 'PATCH', path, { departmentId: idOf(support) });
    expect(changed).toMatchObject({ status: 200, body: { departmentId: idOf(support) } });
    const [next] = await client.mailsWith(await desk.staffReply(account, ticket.id));
    expect(next!.from).toBe(support);
    const queue = await allOf(client, staff, `/v1/staff/tickets?departmentId=${idOf(support)}`);
    expect(queue.map((item) => item.id)).toContain(ticket.id);
    const unknown = { subject: 'x', message: 'x', departmentId: 'dep_nothing' };
    expect([400, 404]).toContain(
      (await client.call(account.owner.token, 'POST', `${account.path}/tickets`, unknown)).status,
    );
  });

  test('with guests take in a stranger: the mail goes to it alone, its reply joins, and staff read it', async () => {
    const guest = addressOf('guest');
    const subject = unique('A question');
    await client.sendMail({ from: `Gus Guest <${guest}>`, to: sales, subject, text: 'How much?' });
    const record = await desk.record(subject);
    expect(record).toMatchObject({ outcome: 'ticket', ticketId: expect.stringMatching(/^tkt_/) });
    const [confirmation] = await client.mailsWith(subject);
    expect(confirmation!.envelope.to).toEqual([guest]);
    expect(confirmation!.from).toBe(sales);
    const queued = async (): Promise<any> =>
      (await allOf(client, staff, `/v1/staff/tickets?departmentId=${idOf(sales)}`)).find(
        (item) => item.id === record.ticketId,
      );
    const ticket = await queued();
    expect(ticket).toMatchObject({
      subject,
      status: 'open',
      openedBy: { kind: 'guest' },
      departmentId: idOf(sales),
    });
    expect(JSON.stringify(ticket.openedBy)).toMatch(/Gus Guest|guest-/);

    const text = unique('One more thing');
    await client.sendMail({ from: guest, to: replyAddress(confirmation!), subject: 'Re:', text });
    await client.until(async () => (await queued()).updatedAt !== ticket.updatedAt);
    const path = `/v1/accounts/${ticket.accountId}/tickets/${ticket.id}`;
    const read = await client.call(staff, 'GET', path);
    expect(read.status).toBe(200);
    expect(read.body.messages).toMatchObject([
      { author: { kind: 'guest' }, body: 'How much?', via: 'email' },
      { author: { kind: 'guest' }, body: text, via: 'email' },
    ]);
    const said = unique('From staff');
    expect((await client.call(staff, 'POST', `${path}/replies`, { message: said })).status).toBe(201);
    const mails = await client.mailsWith(said);
    expect(mails).toHaveLength(1);
    expect(mails[0]!.envelope.to).toEqual([guest]);

    const other = await desk.openAccount();
    expect((await client.call(other.owner.token, 'GET', path)).status).toBe(404);
    const intruder = unique('Let me in');
    await client.sendMail({
      from: addressOf('stranger'),
      to: replyAddress(mails[0]!),
      subject: intruder,
      text: 'Hi.',
    });
    expect((await desk.record(intruder)).ticketId).not.toBe(ticket.id);
    expect((await client.call(staff, 'GET', path)).body.messages).toHaveLength(3);
  });

  test('without guests answer a stranger, and open nothing', async () => {
    const stranger = addressOf('stranger');
    const subject = unique('To support');
    await client.sendMail({ from: stranger, to: support, subject, text: 'Hello?' });
    expect(await desk.record(subject)).toMatchObject({ outcome: 'answered' });
    await client.mailsWith(subject);
    expect((await desk.mailsTo(stranger)).map((mail) => mail.from)).toEqual([support]);
  });

  test('for replies only answer instead of opening, and take replies', async () => {
    const account = await desk.openAccount();
    const subject = unique('To abuse');
    await client.sendMail({ from: account.owner.email, to: abuse, subject, text: 'Hello.' });
    const record = await desk.record(subject);
    expect(record.outcome).toBe('answered');
    expect(record.ticketId).toBeUndefined();
    await client.mailsWith(subject);
    const answers = await desk.mailsTo(account.owner.email);
    expect(answers.map((mail) => mail.from)).toEqual([abuse]);
    expect(answers[0]!.raw).toMatch(/^Auto-Submitted: auto-/im);
    expect(await desk.ticketsOf(account)).toEqual([]);

    const { ticket } = await desk.openTicket(account);
    const path = `${account.path}/tickets/${ticket.id}`;
    const moved = await client.call(staff, 'PATCH', path, { departmentId: idOf(abuse) });
    expect(moved).toMatchObject({ status: 200, body: { departmentId: idOf(abuse) } });
    const [mail] = await client.mailsWith(await desk.staffReply(account, ticket.id));
    const text = unique('Answer');
    await client.sendMail({ from: account.owner.email, to: replyAddress(mail!), subject: 'Re:', text });
    await desk.messageIn(account, ticket.id, text);
  });

  test('that are put again with their ids keep their tickets', async () => {
    const account = await desk.openAccount();
    const { ticket } = await desk.openTicket(account, { departmentId: idOf(sales) });
    const renamed = departments.map((one) => (one.address === sales ? { ...one, name: 'New sales' } : one));
    const answer = await put(renamed);
    expect(answer).toMatchObject({ status: 200, body: { items: renamed } });
    expect((await desk.readTicket(account, ticket.id)).departmentId).toBe(idOf(sales));
  });
});

describe('the setting mail.hourlyLimit', () => {
  const limit = (value: unknown): Promise<Answered> =>
    client.call(staff, 'PUT', '/v1/staff/settings', { 'mail.hourlyLimit': value });

  afterEach(async () => {
    expect((await limit(60)).status).toBe(200);
  });

  test('says how many mails of one address an hour are let in', async () => {
    for (const bad of [0, -1, '5', 1.5, null]) expect((await limit(bad)).status, String(bad)).toBe(400);
    expect(await limit(3)).toMatchObject({ status: 200, body: { 'mail.hourlyLimit': 3 } });
    const account = await desk.openAccount();
    const other = await addContact(client, account);
    const mark = unique('Limit');
    for (const [from, count] of [
      [account.owner.email, 5],
      [other.email, 3],
    ] as const)
      for (let index = 0; index < count; index += 1)
        await client.sendMail({ from, subject: `${mark} ${index}`, text: `Mail ${index} of ${from}` });
    await client.until(async () => (await desk.records(mark)).length === 8);
    const kept = await desk.records(mark, '?outcome=quarantined');
    expect(kept.map((record) => record.from)).toEqual([account.owner.email, account.owner.email]);
    expect(await desk.ticketsOf(account)).toHaveLength(6);
  });

  test('is not used up by mail that only claims to be of that address', async () => {
    expect((await limit(3)).status).toBe(200);
    const account = await desk.openAccount();
    const from = account.owner.email;
    const mark = unique('Forged');
    for (let index = 0; index < 5; index += 1) {
      const headers = verdicts('dmarc=FAIL');
      await client.sendMail({ from, subject: `${mark} ${index}`, text: `Forged ${index}`, headers });
    }
    await client.until(async () => (await desk.records(mark)).length === 5);
    const subject = unique('The real one');
    await client.sendMail({ from, subject, text: 'Hello.' });
    expect((await desk.record(subject)).outcome).toBe('ticket');
  });

  test('stops two machines without any mark that answer each other through a ticket', async () => {
    expect((await limit(4)).status).toBe(200);
    const account = await desk.openAccount();
    const contact = await addContact(client, account);
    const guest = addressOf('guest');
    const subject = unique('Loop');
    await client.sendMail({ from: contact.email, cc: guest, subject, text: 'Hello.' });
    const ticket = await desk.ticketNamed(account, subject);
    await client.mailsWith(subject);
    const answered = new Set<string>();
    const mark = unique('Away');
    for (let round = 0; round < 40; round += 1) {
      const fresh = (await client.mails()).filter(
        (mail) => mail.subject.includes(subject) && !answered.has(mail.messageId),
      );
      if (fresh.length === 0) break;
      let written = 0;
      for (const mail of fresh) {
        answered.add(mail.messageId);
        for (const from of mail.envelope.to.filter((address) => [contact.email, guest].includes(address))) {
          written += 1;
          const away = `${mark} ${answered.size}-${from}`;
          await client.sendMail({
            from,
            to: replyAddress(mail),
            inReplyTo: mail.messageId,
            subject: away,
            text: away,
          });
          await desk.record(away);
        }
      }
      if (written === 0) break;
      await desk.settle(await desk.openAccount());
    }
    const { messages } = await desk.readTicket(account, ticket.id);
    expect(messages.length).toBeLessThanOrEqual(8);
    expect((await desk.records(mark, '?outcome=quarantined')).length).toBeGreaterThan(0);
  }, 60_000);
});

describe('mail templates', () => {
  const path = '/v1/staff/mail-templates/ticket-opened';
  let original: any;

  beforeAll(async () => {
    original = (await client.call(staff, 'GET', path)).body;
  });

  afterEach(async () => {
    const { subject, text, html } = original;
    expect((await client.call(staff, 'PUT', path, { subject, text, html })).status).toBe(200);
  });

  test.each([
    ['an unknown tag', '<p>One</p>\n<p>Two</p>\n{% frobnicate %}', 3],
    ['a tag that is not closed', '<p>One</p>\n{% if number %}\n<p>Two</p>', 2],
    ['an output that is not closed', '<p>One</p>\n<p>{{ number </p>', 2],
    ['a condition without an end', '<p>One</p>\n\n\n<p>{% if %}{{ number }}</p>', 4],
  ])('with %s are refused with the line, and the stored one stays', async (_, broken, line) => {
    for (const part of ['text', 'html'] as const) {
      const { subject, text, html } = original;
      const refused = await client.call(staff, 'PUT', path, { subject, text, html, [part]: broken });
      expect(refused.status).toBe(400);
      expect(JSON.stringify(refused.body.errors)).toContain(part);
      expect(JSON.stringify(refused.body.errors)).toMatch(new RegExp(`line:? ?${line}\\b`, 'i'));
      expect((await client.call(staff, 'GET', path)).body).toEqual(original);
    }
    const account = await desk.openAccount();
    const { mail, ticket } = await desk.openTicket(account);
    expect(mail.text).toContain(ticket.messages[0].body);
  });

  test.each(['include', 'render', 'layout'])(
    'that %s a file of the machine are refused, or do not show it',
    async (tag) => {
      const { subject, text, html } = original;
      const evil = `{% ${tag} 'package.json' %}`;
      const answer = await client.call(staff, 'PUT', path, {
        subject,
        text: `${text}${evil}`,
        html: `${html}${evil}`,
      });
      if (answer.status !== 400) {
        const { mail } = await desk.openTicket(await desk.openAccount());
        expect(`${mail.text}${mail.html}`).not.toContain('devDependencies');
      }
      expect(answer.status).toBe(400);
    },
  );

  test('that go on without end are refused', async () => {
    const { subject, text, html } = original;
    for (const evil of [
      '{% for i in (1..100000000) %}x{% endfor %}',
      "{% assign a = 'x' %}{% for i in (1..40) %}{% assign a = a | append: a %}{% endfor %}{{ a }}",
    ])
      expect((await client.call(staff, 'PUT', path, { subject, text: `${text}${evil}`, html })).status).toBe(
        400,
      );
    expect((await client.call(staff, 'GET', path)).body).toEqual(original);
  });

  test('that are good are used by the next mail, and what people wrote is escaped in HTML alone', async () => {
    const changed = {
      subject: 'We have it: {{ subject }} ({{ number }})',
      text: 'Text of {{ openedBy }}: {{ message }}',
      html: '<h1>{{ subject }}</h1><p title="{{ subject }}">{{ message }}</p>',
    };
    const put = await client.call(staff, 'PUT', path, changed);
    expect(put).toMatchObject({ status: 200, body: { name: 'ticket-opened', ...changed } });
    expect(put.body.placeholders).toEqual(original.placeholders);
    const account = await desk.openAccount();
    const mark = unique('m');
    const subject = `<b>x</b> & "q" ' ${mark}`;
    const message = '<script>alert(1)</script> {{ number }} & "more"';
    const body = { subject, message };
    const opened = await client.call(account.owner.token, 'POST', `${account.path}/tickets`, body);
    const [mail] = await client.mailsWith(mark);
    expect(mail!.subject).toContain(`We have it: ${subject} (${opened.body.number})`);
    expect(mail!.text.trim()).toBe(`Text of Olive Owner: ${message}`);
    expect(mail!.html).toContain('<h1>&lt;b&gt;x&lt;/b&gt; &amp;');
    expect(mail!.html).not.toMatch(/<b>|<script|title="[^"]*"q"/);
    expect(mail!.html).toContain('{{ number }}');
  });

  test('are staff’s, and known by name', async () => {
    const owner = await client.token('owner@acme.test');
    const { subject, text, html } = original;
    expect((await client.call(owner, 'GET', path)).status).toBe(403);
    expect((await client.call(owner, 'PUT', path, { subject, text, html })).status).toBe(403);
    for (const name of ['nothing', '..%2Fx', 'ticket-opened2']) {
      const other = `/v1/staff/mail-templates/${name}`;
      expect((await client.call(staff, 'GET', other)).status).toBe(404);
      expect((await client.call(staff, 'PUT', other, { subject, text, html })).status).toBe(404);
    }
    expect(
      (await client.call(staff, 'PUT', path, { subject: 'a\r\nBcc: x@y.test', text, html })).status,
    ).toBe(400);
    expect((await client.call(staff, 'PUT', path, { subject, text })).status).toBe(400);
    expect((await client.call(staff, 'GET', path)).body).toEqual(original);
  });
});

describe('faults underneath', () => {
  afterEach(() => client.control('faults', { conflicts: 0, throttles: 0, mailThrottles: 0 }));

  test('lose no mail and send none twice: 12 tickets by mail, each answered by staff', async () => {
    const account = await desk.openAccount();
    const contact = await addContact(client, account);
    const mark = unique('Faults');
    await client.control('faults', { conflicts: 0.2, throttles: 0.2, mailThrottles: 0.3 });
    const mails = Array.from({ length: 12 }, (_, index) => ({
      from: contact.email,
      subject: `${mark} ${index}.`,
      text: `Mail ${index}`,
    }));
    await Promise.all(mails.map((mail) => client.sendMail(mail)));
    /** Asks until there is an answer, as a person who sees an error does; the key makes it one request. */
    const ask = async (method: string, path: string, body?: object): Promise<Answered> => {
      const key: Record<string, string> = method === 'POST' ? { 'idempotency-key': randomUUID() } : {};
      return client.until(async () => {
        const answer = await client.call(staff, method, path, body, key);
        return answer.status < 400 && answer;
      });
    };
    const path = `${account.path}/tickets`;
    const listed = async (): Promise<any[]> => (await ask('GET', `${path}?limit=100`)).body.items;
    await countUp(12, async () => (await listed()).length);
    const tickets = await listed();
    for (const ticket of tickets)
      await ask('POST', `${path}/${ticket.id}/replies`, { message: `Answer to ${ticket.subject}` });
    const sent = async (): Promise<Mailed[]> =>
      (await client.mails()).filter((mail) => mail.subject.includes(mark));
    await countUp(24, async () => (await sent()).length);
    await client.control('faults', { conflicts: 0, throttles: 0, mailThrottles: 0 });
    await desk.settle(await desk.openAccount());
    expect((await desk.ticketsOf(account)).map((ticket) => ticket.subject as string).sort()).toEqual(
      mails.map((mail) => mail.subject).sort(),
    );
    for (const { subject } of mails) {
      const about = (await sent()).filter((mail) => mail.subject.endsWith(subject));
      expect(about, subject).toHaveLength(2);
      expect(about.filter((mail) => mail.text.includes(`Answer to ${subject}`))).toHaveLength(1);
      for (const mail of about)
        expect([...mail.envelope.to].sort()).toEqual([account.owner.email, contact.email].sort());
    }
    for (const ticket of await desk.ticketsOf(account))
      expect((await desk.readTicket(account, ticket.id)).messages).toHaveLength(2);
    expect(await desk.records(mark)).toHaveLength(12);
  }, 120_000);
});

describe('the clock', () => {
  afterEach(() => moveClock(null));

  const autoclose = (): Promise<any> => client.invoke('ticket-autoclose', {});
  const ownerAgain = async (account: Account): Promise<void> => {
    account.owner.token = await client.signIn(account.owner.email, password);
  };

  test('closes a ticket that staff answered and nobody wrote in: warned on the fifth day, once, closed on the seventh', async () => {
    const account = await desk.openAccount();
    const person = await addSubAccount(client, account, ['tickets']);
    const quiet = await desk.openTicket(account, {}, person.token);
    const waiting = await desk.openTicket(account);
    const held = await desk.openTicket(account);
    await desk.staffReply(account, quiet.ticket.id);
    await desk.staffReply(account, held.ticket.id);
    await client.call(staff, 'PATCH', `${account.path}/tickets/${held.ticket.id}`, { status: 'on-hold' });
    const about = async (): Promise<Mailed[]> =>
      (await client.mails()).filter((mail) => mail.subject.includes(quiet.ticket.number));
    await client.until(async () => (await about()).length === 2);

    await moveClock(4 * day);
    await autoclose();
    await desk.settle(await desk.openAccount());
    expect(await about()).toHaveLength(2);

    await moveClock(5 * day + hour);
    await autoclose();
    await client.until(async () => (await about()).length > 2);
    await Promise.all([autoclose(), autoclose()]);
    await moveClock(6 * day);
    await autoclose();
    await desk.settle(await desk.openAccount());
    const warnings = (await about()).slice(2);
    expect(warnings).toHaveLength(1);
    expect([...warnings[0]!.envelope.to].sort()).toEqual([person.email, account.owner.email].sort());
    expect(warnings[0]!.raw).toMatch(/^Auto-Submitted: auto-generated/im);
    await ownerAgain(account);
    expect((await desk.readTicket(account, quiet.ticket.id)).status).toBe('answered');

    await moveClock(7 * day + hour);
    await autoclose();
    await autoclose();
    await ownerAgain(account);
    expect((await desk.readTicket(account, quiet.ticket.id)).status).toBe('closed');
    expect((await desk.readTicket(account, waiting.ticket.id)).status).toBe('open');
    expect((await desk.readTicket(account, held.ticket.id)).status).toBe('on-hold');
    await desk.settle(await desk.openAccount());
    expect((await about()).length).toBeLessThanOrEqual(4);

    const text = unique('Once more');
    await client.sendMail({ from: person.email, to: quiet.replyTo, subject: 'Re:', text });
    await desk.messageIn(account, quiet.ticket.id, text);
    expect((await desk.readTicket(account, quiet.ticket.id)).status).toBe('customer-reply');
  }, 90_000);

  test('does not close a ticket in which somebody wrote after the warning', async () => {
    const account = await desk.openAccount();
    const { ticket, replyTo } = await desk.openTicket(account);
    await client.mailsWith(await desk.staffReply(account, ticket.id));
    await moveClock(5 * day + hour);
    await autoclose();
    await client.mailsWith(ticket.number, 3);
    const text = unique('Still here');
    await client.sendMail({ from: account.owner.email, to: replyTo, subject: 'Re:', text });
    await ownerAgain(account);
    await desk.messageIn(account, ticket.id, text);
    await moveClock(8 * day);
    await autoclose();
    await ownerAgain(account);
    expect((await desk.readTicket(account, ticket.id)).status).toBe('customer-reply');
  }, 60_000);

  test('gives a machine without any mark one answer in three hours at most, and ten in a day', async () => {
    const stranger = addressOf('machine');
    const times: number[] = [];
    for (let minutes = 0; minutes < 24 * 60; minutes += 50) {
      await moveClock(30 * day + minutes * 60_000);
      const subject = unique('Away');
      await client.sendMail({ from: stranger, subject, text: `I am away. ${minutes}` });
      if ((await desk.record(subject)).outcome === 'answered') times.push(minutes);
    }
    expect(times[0]).toBe(0);
    expect(times.length).toBeLessThanOrEqual(10);
    for (const [index, minutes] of times.entries())
      if (index > 0) expect(minutes - times[index - 1]!).toBeGreaterThanOrEqual(180);
    await desk.settle(await desk.openAccount());
    expect(await desk.mailsTo(stranger)).toHaveLength(times.length);
  }, 90_000);

  test('lets a person in again after the hour of its limit, and staff sign in with the time that it is', async () => {
    expect((await client.call(staff, 'PUT', '/v1/staff/settings', { 'mail.hourlyLimit': 2 })).status).toBe(
      200,
    );
    const account = await desk.openAccount();
    const mark = unique('Later');
    const write = async (which: string): Promise<string> => {
      await client.sendMail({
        from: account.owner.email,
        subject: `${mark} ${which}`,
        text: `I am ${which}.`,
      });
      return (await desk.record(`${mark} ${which}`)).outcome;
    };
    expect([await write('one'), await write('two'), await write('three')]).toEqual([
      'ticket',
      'ticket',
      'quarantined',
    ]);
    await moveClock(2 * hour);
    expect(await write('four')).toBe('ticket');
    expect((await client.call(staff, 'PUT', '/v1/staff/settings', { 'mail.hourlyLimit': 60 })).status).toBe(
      200,
    );
    expect((await client.call(await client.token(staffEmail), 'GET', '/v1/me')).body.staff).toBe(true);
  }, 60_000);
});
