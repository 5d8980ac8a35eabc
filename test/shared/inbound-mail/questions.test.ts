import { beforeEach, describe, expect, test } from 'vitest';
import { settleWaiting } from '../../../shared/inbound-mail/settle.ts';
import {
  day,
  forged,
  hour,
  type Inbox,
  inboxOfAcme,
  openInbox,
  jane,
  type Place,
  support,
} from '../../support/desks/inbox.ts';
import { interleave, statusesOf } from '../../support/faults/stoppages.ts';

/** A contact whom nothing but Acme's word makes one. */
const bob = 'bob@elsewhere.test';

let inbox: Inbox;
let acme: Place;

async function open(): Promise<void> {
  ({ inbox, acme } = await inboxOfAcme([bob]));
}

beforeEach(open);

/** A mail that is said to be Jane's, with the token of the question about it. */
async function unbelieved(subject = 'Down') {
  const { id } = await inbox.write(jane, { ...forged, subject });
  return { id, token: (await inbox.questionsTo(jane)).at(-1)! };
}

/** The first mail of Bob's, with the token of the question about it. */
async function first(subject = 'Down') {
  const { id } = await inbox.write(bob, { subject });
  return { id, token: (await inbox.questionsTo(bob)).at(-1)! };
}

const outcome = async (id: string): Promise<string> => (await inbox.recordOf(id)).outcome;

describe('the question', () => {
  test.each([
    ['about mail whose From nothing shows', jane, forged],
    ['about the first mail of a contact whom only the account names', bob, {}],
  ])('%s goes to its From with nothing of the message but a link', async (_, address, how) => {
    const letter = { ...how, subject: 'Ponies', text: 'Buy ponies.', id: '<ponies@ponies.test>' };
    const record = await inbox.write(`Pony Ltd <${address}>`, letter);
    expect(record).toMatchObject({ outcome: 'quarantined', reason: expect.stringContaining('asked') });
    const [mail, ...more] = await inbox.mailsTo(address);
    expect(more).toEqual([]);
    const { headers, subject, text, html } = mail!;
    expect(JSON.stringify({ headers, subject, text, html })).not.toMatch(/pon(y|ies)|acme ltd|Owner of/i);
    expect(new Set(`${text} ${html}`.match(/https?:[^\s"<]+/g))).toHaveProperty('size', 1);
    expect(inbox.portal.mails).toHaveLength(1);
    expect(await inbox.ticketsOf(acme)).toEqual([]);
  });

  test('shows time, sending server, subject and first lines, and for a first mail the account and its owner', async () => {
    const { token } = await first('A first mail');
    expect((await inbox.look(token)).body).toMatchObject({
      receivedAt: inbox.portal.now.toISOString(),
      server: '192.0.2.25',
      subject: 'A first mail',
      firstLines: 'Please look.',
      account: { name: 'Acme', owner: jane },
    });
    expect((await inbox.look((await unbelieved()).token)).body.account).toBeNull();
  });

  test('is a page that shows the message as plain text', async () => {
    const text = '<img src=x onerror=alert(1)>';
    await inbox.write(jane, { ...forged, subject: '<script>alert(2)</script>', text });
    const [token] = await inbox.questionsTo(jane);
    const { body, headers } = await inbox.look(token!, { accept: 'text/html' });
    const page = Buffer.from(body, 'base64').toString();
    expect(headers['content-type']).toContain('text/html');
    expect(page).not.toMatch(/<script|<img/);
    expect(page).toContain('&lt;img');
  });

  test('shows no more of a long message than its first lines', async () => {
    const text = Array.from({ length: 100 }, (_, n) => `Line ${n} ${'goes on '.repeat(100)}`).join('\n');
    await inbox.write(jane, { ...forged, text });
    const [token] = await inbox.questionsTo(jane);
    const { firstLines } = (await inbox.look(token!)).body;
    expect(firstLines).toMatch(/^Line 0 /);
    expect(firstLines).not.toContain('Line 10 ');
    expect(firstLines.length).toBeLessThan(1000);
  });

  test('does nothing when it is opened, however often', async () => {
    const { id, token } = await unbelieved();
    const { table } = inbox.portal;
    const transact = table.transact.bind(table);
    table.transact = () => Promise.reject(new Error('Opening wrote'));
    for (const accept of ['text/html', 'application/json', '*/*']) {
      expect((await inbox.look(token, { accept })).status).toBe(200);
    }
    table.transact = transact;
    expect(await outcome(id)).toBe('quarantined');
    expect(await inbox.ticketsOf(acme)).toEqual([]);
  });
});

describe('yes', () => {
  test('makes the ticket, opened by who said so, and confirms it', async () => {
    const { id, token } = await unbelieved();
    expect(await inbox.press(token, 'yes')).toMatchObject({ status: 200, body: { answer: 'yes' } });
    expect(await inbox.ticketsOf(acme)).toMatchObject([{ subject: 'Down', openedBy: { kind: 'owner' } }]);
    expect(await outcome(id)).toBe('ticket');
    expect(await inbox.quarantine()).toEqual([]);
    expect((await inbox.mailsTo(jane)).at(-1)!.subject).toContain('[Ticket ID:');
  });

  test('proves a contact’s address: their next mail is a ticket at once', async () => {
    await inbox.press((await first()).token, 'yes');
    expect(await inbox.ticketsOf(acme)).toMatchObject([{ openedBy: { kind: 'contact', name: 'bob' } }]);
    expect(await inbox.write(bob)).toMatchObject({ outcome: 'ticket' });
    expect(await inbox.questionsTo(bob)).toHaveLength(1);
  });

  test('to unbelieved mail of a contact whom only the account names is asked once, with the account', async () => {
    const { id } = await inbox.write(bob, forged);
    const [token] = await inbox.questionsTo(bob);
    expect((await inbox.look(token!)).body.account).toEqual({ name: 'Acme', owner: jane });
    await inbox.press(token!, 'yes');
    expect(await outcome(id)).toBe('ticket');
    expect(await inbox.questionsTo(bob)).toHaveLength(1);
  });

  test('counts where what is believed was set anew since the question', async () => {
    await inbox.set({ 'mail.sharedNetworks': ['192.0.2.0/24'] });
    const { id } = await inbox.write(jane, { verdicts: { dkim: 'GRAY' } });
    const [token] = await inbox.questionsTo(jane);
    await inbox.set({ 'mail.sharedNetworks': [] });
    await inbox.press(token!, 'yes');
    expect(await outcome(id)).toBe('ticket');
    expect(await inbox.ticketsOf(acme)).toHaveLength(1);
  });

  test('to one unbelieved message is none to another', async () => {
    const one = await unbelieved('Mine');
    const other = await unbelieved('Not mine');
    await inbox.press(one.token, 'yes');
    await inbox.pass(2 * hour);
    expect(await inbox.subjectsOf(acme)).toEqual(['Mine']);
    expect(await outcome(other.id)).toBe('quarantined');
  });
});

describe('no', () => {
  test('to unbelieved mail keeps it out for good, and mails nobody', async () => {
    const { id, token } = await unbelieved();
    expect((await inbox.press(token, 'no')).status).toBe(200);
    expect((await inbox.press(token, 'yes')).status).toBe(409);
    await inbox.pass(31 * day);
    expect(await inbox.ticketsOf(acme)).toEqual([]);
    expect(await outcome(id)).toBe('discarded');
    expect(await inbox.mailsTo(jane)).toHaveLength(1);
  });

  test('of a contact lets the mail go on as a stranger’s, and the account is not asked about again', async () => {
    const { id, token } = await first();
    await inbox.press(token, 'no');
    expect(await outcome(id)).toBe('answered');
    expect((await inbox.write(bob)).outcome).not.toBe('quarantined');
    expect(await inbox.questionsTo(bob)).toHaveLength(1);
    expect(await inbox.ticketsOf(acme)).toEqual([]);
    expect(await inbox.mailsTo(jane)).toEqual([]);
  });
});

describe('without an answer', () => {
  test('a contact’s first mail goes on as a stranger’s after 3 days, and no answer counts any more', async () => {
    const { id, token } = await first();
    await inbox.pass(3 * day - hour);
    expect(await outcome(id)).toBe('quarantined');
    await inbox.pass(2 * hour);
    expect(await outcome(id)).toBe('answered');
    expect((await inbox.press(token, 'yes')).status).toBe(409);
    expect((await inbox.write(bob)).outcome).toBe('ignored');
    expect(await inbox.questionsTo(bob)).toHaveLength(1);
    expect(await inbox.ticketsOf(acme)).toEqual([]);
  });

  test('unbelieved mail may be answered for 7 days, and for no longer', async () => {
    const late = await unbelieved('Late');
    await inbox.pass(hour);
    const timely = await unbelieved('Timely');
    await inbox.pass(7 * day - hour);
    for (const answer of ['yes', 'no']) {
      expect((await inbox.press(late.token, answer)).status).toBeGreaterThanOrEqual(400);
    }
    expect((await inbox.look(late.token)).status).toBeGreaterThanOrEqual(400);
    expect((await inbox.press(timely.token, 'yes')).status).toBe(200);
    expect(await inbox.subjectsOf(acme)).toEqual(['Timely']);
    expect(await outcome(late.id)).toBe('quarantined');
  });
});

describe('what came meanwhile waits with the first mail of a contact', () => {
  test.each([
    ['yes', ['First', 'Second', 'Third']],
    ['no', []],
    [null, []],
  ])('and goes where %j sends it', async (answer, tickets) => {
    const { token } = await first('First');
    for (const subject of ['Second', 'Third']) {
      expect(await inbox.write(bob, { subject })).toMatchObject({ outcome: 'quarantined' });
    }
    expect(await inbox.questionsTo(bob)).toEqual([token]);
    if (answer === null) await inbox.pass(3 * day + hour);
    else await inbox.press(token, answer);
    expect(await inbox.subjectsOf(acme)).toEqual(tickets);
    expect(await inbox.quarantine()).toEqual([]);
  });

  test('unless it is very much: then the rest waits for staff, and says so', async () => {
    const { token } = await first('First');
    const records = [];
    for (let n = 0; n < 50; n++) records.push(await inbox.write(bob, { subject: `${n}` }));
    expect(records.at(-1)!.trace.at(-1)).toContain('waits for staff');
    await inbox.press(token, 'yes');
    expect(await inbox.ticketsOf(acme)).toHaveLength(50);
    expect(await inbox.quarantine()).toHaveLength(1);
  });

  test('and is not left behind where it comes while the button is pressed', async () => {
    for (let nth = 1; ; nth++) {
      await open();
      const { token } = await first('First');
      const second = () => inbox.write(bob, { subject: 'Second' });
      const both = await interleave(inbox.portal, nth, () => inbox.press(token, 'yes'), second);
      if (both === null) break;
      expect(both[0].status).toBe(200);
      await inbox.pass(hour);
      expect([nth, await inbox.subjectsOf(acme)]).toEqual([nth, ['First', 'Second']]);
      expect(await inbox.questionsTo(bob)).toHaveLength(1);
    }
  });
});

describe('the button works once', () => {
  test('pressed twice, it makes one ticket, and the other button comes too late', async () => {
    const { token } = await unbelieved();
    for (const answer of ['yes', 'yes', 'no']) await inbox.press(token, answer);
    expect(await inbox.ticketsOf(acme)).toHaveLength(1);
    expect((await inbox.press(token, 'no')).status).toBe(409);
  });

  test.each([
    ['yes', 'yes'],
    ['yes', 'no'],
    ['no', 'yes'],
  ])('where %s and %s are pressed at once', async (one, other) => {
    for (const ask of [unbelieved, first]) {
      for (let nth = 1; ; nth++) {
        await open();
        const { id, token } = await ask();
        const press = (answer: string) => () => inbox.press(token, answer);
        const both = await interleave(inbox.portal, nth, press(one), press(other));
        if (both === null) break;
        const said = both.find(({ status }) => status === 200)!.body.answer;
        if (one !== other) expect(statusesOf(both)).toEqual([200, 409]);
        expect([nth, await inbox.ticketsOf(acme)]).toHaveProperty('1.length', said === 'yes' ? 1 : 0);
        expect(await outcome(id)).not.toBe('quarantined');
        expect(await inbox.mailsTo(ask === first ? bob : jane)).toHaveLength(
          said === 'no' && ask === unbelieved ? 1 : 2,
        );
      }
    }
  });

  test('where it is pressed as its time runs out', async () => {
    for (let nth = 1; ; nth++) {
      await open();
      const { id, token } = await first();
      inbox.portal.advance(3 * day + 1);
      const job = () => settleWaiting(inbox.portal.inbound());
      const both = await interleave(inbox.portal, nth, job, () => inbox.press(token, 'yes'));
      if (both === null) break;
      const ticket = both[1].status === 200;
      await inbox.pass(hour);
      expect([nth, await outcome(id)]).toEqual([nth, ticket ? 'ticket' : 'answered']);
      expect(await inbox.ticketsOf(acme)).toHaveLength(ticket ? 1 : 0);
    }
  });
});

describe('nothing but the mailed link opens it', () => {
  test('a changed, cut or foreign token is none', async () => {
    const { token } = await unbelieved();
    const userId = await inbox.invite(acme, 'cy@acme.test', ['tickets']);
    const other = openInbox();
    await other.portal.createAccount('Acme', jane);
    await other.write(jane, forged);
    const changed = Array.from(token, (letter, at) => {
      const another = letter === 'A' ? 'Q' : 'A';
      return `${token.slice(0, at)}${another}${token.slice(at + 1)}`;
    });
    const foreign = [
      await inbox.portal.invitationToken(userId, acme.accountId),
      ...(await other.questionsTo(jane)),
      token.slice(0, -1),
      token.split('.')[0],
      'x',
      '%00',
    ];
    for (const wrong of [...changed, ...foreign]) {
      expect([wrong, (await inbox.look(wrong!)).status]).toEqual([wrong, 404]);
      expect([wrong, (await inbox.press(wrong!, 'yes')).status]).toEqual([wrong, 404]);
    }
    expect(await inbox.ticketsOf(acme)).toEqual([]);
  });

  test('the form’s own encoding is taken, and an answer that is neither yes nor no is none', async () => {
    const { token } = await unbelieved();
    for (const answer of ['maybe', '', null, ['yes'], true]) {
      expect((await inbox.press(token, answer)).status).toBe(400);
    }
    const pressed = await inbox.portal.call('', 'POST', `/v1/mail/${token}`, {
      public: true,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'answer=yes',
    });
    expect(pressed.status).toBe(200);
    expect(await inbox.ticketsOf(acme)).toHaveLength(1);
  });
});

describe('an answer by mail', () => {
  const answerByMail = async (from: string, how: object) => {
    const question = (await inbox.mailsTo(from)).at(-1)!;
    const to = question.replyTo?.[0]?.address ?? support;
    const head = [`In-Reply-To: ${inbox.sentId(question)}`];
    const letter = { to, recipients: [to], head, subject: `Re: ${question.subject}`, text: 'Yes' };
    return inbox.write(from, { ...how, ...letter });
  };

  test.each([
    ['believed', {}],
    ['unbelieved', forged],
  ])('that is %s is neither yes nor no', async (_, how) => {
    const { id, token } = await unbelieved();
    await answerByMail(jane, how);
    await inbox.pass(hour);
    const answers = [{ receivedAt: expect.any(String), firstLines: 'Yes' }];
    expect(await inbox.recordOf(id)).toMatchObject({ outcome: 'quarantined', answers });
    expect(await inbox.ticketsOf(acme)).toEqual([]);
    expect((await inbox.press(token, 'yes')).status).toBe(200);
    expect(await inbox.subjectsOf(acme)).toEqual(['Down']);
  });

  test('asks nothing new, and from another address it is a mail as any', async () => {
    await unbelieved();
    const asked = (await inbox.questionsTo(jane)).length;
    await answerByMail(jane, forged);
    expect(await inbox.questionsTo(jane)).toHaveLength(asked);
    const question = (await inbox.mailsTo(jane)).at(-1)!;
    await inbox.record(acme, 'max@acme.test');
    const head = [`In-Reply-To: ${inbox.sentId(question)}`];
    expect((await inbox.write('max@acme.test', { head })).outcome).toBe('ticket');
  });

  test('is kept ten times with a message, and no more', async () => {
    const { id } = await unbelieved();
    for (let n = 0; n < 12; n++) {
      const question = (await inbox.mailsTo(jane)).at(-1)!;
      const head = [`In-Reply-To: ${inbox.sentId(question)}`];
      expect((await inbox.write(jane, { head, text: `Yes ${n}` })).outcome).toBe('ignored');
    }
    expect((await inbox.recordOf(id)).answers).toHaveLength(10);
  });

  test('of a contact proves nothing', async () => {
    const { id } = await first();
    await answerByMail(bob, {});
    expect((await inbox.recordOf(id)).answers).toMatchObject([{ firstLines: 'Yes' }]);
    expect(await inbox.write(bob)).toMatchObject({ outcome: 'quarantined' });
    expect(await inbox.ticketsOf(acme)).toEqual([]);
  });
});
