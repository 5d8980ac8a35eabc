import { beforeEach, describe, expect, test } from 'vitest';
import {
  day,
  forged,
  hour,
  type Inbox,
  type Letter,
  openInbox,
  type Place,
} from '../../../support/desks/inbox.ts';

const jane = 'jane@acme.test';
const minute = 60;

let inbox: Inbox;
let acme: Place;

beforeEach(async () => {
  inbox = openInbox();
  inbox.portal.now = new Date('2026-03-01T10:30:00Z');
  acme = await inbox.portal.createAccount('Acme', jane);
  await inbox.portal.deliver();
  inbox.portal.mails.length = 0;
});

/** As many mails, each about something else, so many seconds apart; says what became of them. */
async function mails(from: string, count: number, apart: number, letter: Letter = {}): Promise<string[]> {
  const outcomes = [];
  for (let n = 0; n < count; n++) {
    const text = letter.text ?? `Number ${n} of ${inbox.portal.now.toISOString()}`;
    outcomes.push((await inbox.write(from, { ...letter, text })).outcome);
    inbox.portal.advance(apart);
  }
  return outcomes;
}

const all = (count: number, outcome: string) => Array.from({ length: count }, () => outcome);

describe('over 60 believed messages from an address within any 60 minutes, the rest wait', () => {
  test('also where a clock hour begins between them', async () => {
    expect(await mails(jane, 60, 25)).toEqual(all(60, 'ticket'));
    const over = await inbox.write(jane);
    expect(over).toMatchObject({ outcome: 'quarantined' });
    expect(over.reason).not.toBe('');
    // The first of them is 60 minutes ago.
    inbox.portal.now = new Date('2026-03-01T11:30:26Z');
    expect((await inbox.write(jane)).outcome).toBe('ticket');
  });

  test('not those of another address', async () => {
    await inbox.record(acme, 'bob@acme.test');
    await mails(jane, 61, 1);
    expect((await inbox.write('bob@acme.test')).outcome).toBe('ticket');
  });

  test('never more than 60 in any 60 minutes, however they are spread', async () => {
    const taken: number[] = [];
    for (const apart of [50, 20, 90, 10, 45]) {
      for (let n = 0; n < 60; n++) {
        const { outcome } = await inbox.write(jane, { text: `${apart} ${n}` });
        if (outcome === 'ticket') taken.push(inbox.portal.now.getTime() / 1000);
        inbox.portal.advance(apart);
      }
    }
    const most = Math.max(
      ...taken.map((at) => taken.filter((each) => each > at - hour && each <= at).length),
    );
    expect(most).toBe(60);
  });

  test('also where it writes itself in several ways', async () => {
    await inbox.set({ 'mail.hourlyLimit': 2 });
    for (const tag of ['a', 'b']) {
      await inbox.record(acme, `jane+${tag}@acme.test`);
      expect((await inbox.write(`jane+${tag}@acme.test`)).outcome).toBe('ticket');
    }
    expect((await inbox.write(jane)).outcome).toBe('quarantined');
  });

  test('as many as the setting says', async () => {
    await inbox.set({ 'mail.hourlyLimit': 3 });
    expect(await mails(jane, 5, 10 * minute)).toEqual([...all(3, 'ticket'), ...all(2, 'quarantined')]);
  });

  test('and the same message again counts for nothing', async () => {
    await inbox.set({ 'mail.hourlyLimit': 2 });
    for (let n = 0; n < 5; n++) await inbox.write(jane, { id: '<same@acme.test>', date: new Date(0) });
    expect(await inbox.ticketsOf(acme)).toHaveLength(1);
    expect((await inbox.write(jane)).outcome).toBe('ticket');
  });

  test('where they come at once, too', async () => {
    await inbox.set({ 'mail.hourlyLimit': 3 });
    await Promise.all(Array.from({ length: 8 }, (_, n) => inbox.write(jane, { text: `${n}` })));
    expect(await inbox.ticketsOf(acme)).toHaveLength(3);
    expect(await inbox.quarantine()).toHaveLength(5);
  });
});

describe('mail that is not believed', () => {
  test('never counts against the address that it names', async () => {
    await inbox.set({ 'mail.hourlyLimit': 3 });
    await mails(jane, 20, 1, forged);
    expect(await mails(jane, 3, 1)).toEqual(all(3, 'ticket'));
  });

  test.each([
    ['an IPv4 /24’s', '198.51.100.7', '198.51.100.99', '198.51.7.7'],
    ['an IPv6 /64’s', '2001:db8:1:2::1', '2001:db8:1:2::ffff', '2001:db8:7:2::1'],
  ])(
    'is counted by its sending network: %s asks nobody any more once it sent too much',
    async (_, ...hosts) => {
      const [host, neighbour, elsewhere] = hosts;
      await inbox.set({ 'mail.hourlyLimit': 3 });
      const known = Array.from({ length: 6 }, (_each, n) => `c${n}@acme.test`);
      for (const address of known) await inbox.record(acme, address);
      for (const address of known.slice(0, 3)) await inbox.write(address, { ...forged, client: host });
      const asked = async (client: string, address: string): Promise<number> => {
        expect(await inbox.write(address, { ...forged, client })).toMatchObject({ outcome: 'quarantined' });
        return (await inbox.questionsTo(address)).length;
      };
      expect(await inbox.questionsTo(known[2]!)).toHaveLength(1);
      expect(await asked(neighbour, known[3]!)).toBe(0);
      expect(await asked(elsewhere, known[4]!)).toBe(1);
      inbox.portal.advance(hour + 1);
      expect(await asked(host, known[5]!)).toBe(1);
      // Nothing of it is lost.
      expect(await inbox.quarantine()).toHaveLength(6);
    },
  );
});

/** A ticket of Jane's, with what is needed to answer it by mail. */
async function opened(letter: Letter = {}) {
  const { ticketId } = await inbox.write(jane, { subject: 'The line', ...letter });
  await inbox.portal.deliver();
  const mail = inbox.portal.mails.find(({ subject }) => subject?.includes('[Ticket ID:'));
  const to = mail!.replyTo![0]!.address!;
  const staffReply = (message: string) =>
    inbox.portal.call('stan', 'POST', `/v1/accounts/${acme.accountId}/tickets/${ticketId}/replies`, {
      body: { message },
    });
  return { id: ticketId!, reply: { to, recipients: [to] }, staffReply };
}

const messagesOf = async (id: string): Promise<any[]> => (await inbox.readTicket(acme, id)).messages;

/** Machines that answer each mail at once and do not say that they are machines; stops after so many turns. */
async function answering(machines: string[], reply: Letter, turns: number, said: (n: number) => string) {
  let seen = inbox.portal.mails.length;
  let count = 0;
  for (let turn = 0; turn < turns; turn++) {
    await inbox.portal.deliver();
    const fresh = inbox.portal.mails.slice(seen);
    seen = inbox.portal.mails.length;
    const answers = machines.filter((each) => fresh.some(({ destinations }) => destinations.includes(each)));
    if (answers.length === 0) return count;
    inbox.portal.advance(3);
    for (const machine of answers) await inbox.write(machine, { ...reply, text: said((count += 1)) });
  }
  return count;
}

const machines = ['office@one.test', 'desk@two.test'];
/** Staff are told in the ticket, in a mail or in a notification: what is about it, wherever it stands. */
const told = async (id: string): Promise<number> => {
  await inbox.portal.deliver();
  const lines = (await messagesOf(id)).filter(({ author }) => author.kind === 'system');
  return lines.length;
};

describe('a conversation that runs by itself', () => {
  test.each([
    ['with the same text', () => 'We have got your message and will answer it soon.'],
    ['with another text each time', (n: number) => `We have got your message. Your number is ${n}.`],
  ])('between two careless responders in CC ends by itself, %s', async (_, said) => {
    const { id, reply, staffReply } = await opened({ cc: machines.join(', ') });
    await staffReply('We look at it.');
    const turns = await answering(machines, reply, 100, said);
    expect(turns).toBeLessThanOrEqual(12);
    expect(turns).toBeGreaterThan(1);
    expect(await messagesOf(id)).toHaveLength(2 + turns + (await told(id)));
    expect(inbox.portal.mails.length).toBeLessThan(30);
  });

  test('is stilled after 5 in a row from an address: later ones go in without mail, and staff are told once', async () => {
    const { id, reply } = await opened({ cc: machines[0]! });
    const mailed: number[] = [];
    for (let n = 1; n <= 9; n++) {
      const before = inbox.portal.mails.length;
      inbox.portal.advance(5);
      const text = 'We have got your message.';
      expect((await inbox.write(machines[0]!, { ...reply, text })).outcome).toBe('reply');
      await inbox.portal.deliver();
      const out = inbox.portal.mails.slice(before).filter(({ destinations }) => destinations.includes(jane));
      mailed.push(out.length);
    }
    expect(mailed).toEqual([1, 1, 1, 1, 1, 0, 0, 0, 0]);
    const bodies = (await messagesOf(id)).filter(({ body }) => body === 'We have got your message.');
    expect(bodies).toHaveLength(9);
    expect(await told(id)).toBe(1);
    // The people of the account do not read what staff are told.
    const path = `/v1/accounts/${acme.accountId}/tickets/${id}`;
    const { messages } = (await inbox.portal.call(acme.ownerId, 'GET', path)).body;
    expect(messages).toHaveLength(10);
  });

  test('is stilled where the same text comes again and again, hours apart', async () => {
    const { id, reply } = await opened({ cc: machines[0]! });
    for (let n = 1; n <= 8; n++) {
      inbox.portal.advance(2 * hour);
      await inbox.write(machines[0]!, { ...reply, text: 'I am away until Monday.' });
    }
    const toJane = (await inbox.mailsTo(jane)).filter(({ text }) => text?.includes('away until Monday'));
    // The first of them repeats nothing.
    expect(toJane).toHaveLength(6);
    expect(await told(id)).toBe(1);
  });

  test('does not still staff or others: their mail goes out, to all', async () => {
    const { reply, staffReply } = await opened({ cc: machines.join(', ') });
    await staffReply('Welcome.');
    await answering(machines, reply, 100, () => 'We have got your message.');
    await inbox.portal.deliver();
    for (const say of [
      async () => staffReply('We look at it.'),
      async () => inbox.write(jane, { ...reply, text: 'Thank you, all of you.' }),
    ]) {
      inbox.portal.mails.length = 0;
      inbox.portal.advance(day);
      await say();
      await inbox.portal.deliver();
      const reached = inbox.portal.mails.flatMap(({ destinations }) => destinations);
      expect(reached).toEqual(expect.arrayContaining(machines));
    }
    expect((await inbox.mailsTo(jane)).length).toBe(0);
  });
});

describe('a program that answers each confirmation without naming its ticket', () => {
  const answer = async (text: string) => {
    const before = inbox.portal.mails.length;
    const { ticketId } = await inbox.write(jane, { subject: 'Thank you for your mail', text });
    await inbox.portal.deliver();
    return { ticketId: ticketId!, mails: inbox.portal.mails.length - before };
  };

  test('is answered no more once its text has come seven times; all of it is there, and staff are told once', async () => {
    const answers = [];
    for (let n = 0; n < 10; n++) answers.push(await answer('We are away.'));
    expect(answers.map(({ mails }) => mails)).toEqual([1, 1, 1, 1, 1, 1, 0, 0, 0, 0]);
    expect(await inbox.ticketsOf(acme)).toHaveLength(10);
    const told = await Promise.all(answers.map(({ ticketId }) => inbox.readTicket(acme, ticketId)));
    const notes = told.flatMap(({ messages }) => messages.filter(({ private: isPrivate }: any) => isPrivate));
    expect(notes).toHaveLength(1);
  });

  test('is not who writes all of it into the subject', async () => {
    const before = inbox.portal.mails.length;
    for (let n = 0; n < 10; n++) await inbox.write(jane, { subject: `Line ${n} is down`, text: 'Jane' });
    await inbox.portal.deliver();
    expect(inbox.portal.mails.slice(before)).toHaveLength(10);
  });

  test('is answered again once it has something else to say', async () => {
    for (let n = 0; n < 8; n++) await answer('We are away.');
    expect((await answer('The line is down.')).mails).toBe(1);
  });
});

describe('a person is not stilled', () => {
  test('who writes quickly twice', async () => {
    const { id, reply } = await opened({ cc: 'gus@guest.test' });
    for (const text of ['It is the blue one.', 'No, the green one, sorry.']) {
      inbox.portal.advance(4);
      await inbox.write('gus@guest.test', { ...reply, text });
    }
    const toJane = await inbox.mailsTo(jane);
    expect(toJane.filter(({ text }) => text?.includes('one.') || text?.includes('sorry'))).toHaveLength(2);
    expect(await told(id)).toBe(0);
  });

  test('who tells it in eight quick mails', async () => {
    const { id, reply } = await opened({ cc: 'gus@guest.test' });
    for (let n = 0; n < 8; n++) {
      inbox.portal.advance(5);
      await inbox.write('gus@guest.test', { ...reply, text: `Part ${n} of the story.` });
    }
    const toJane = await inbox.mailsTo(jane);
    expect(toJane.filter(({ text }) => text?.includes('of the story'))).toHaveLength(8);
    expect(await told(id)).toBe(0);
  });

  test('who writes a dozen mails in a day, each with something else to say', async () => {
    const { id, reply } = await opened({ cc: 'gus@guest.test' });
    for (let n = 0; n < 12; n++) {
      inbox.portal.advance(20 * minute);
      await inbox.write('gus@guest.test', { ...reply, text: `Part ${n} of the story.` });
    }
    const toJane = await inbox.mailsTo(jane);
    expect(toJane.filter(({ text }) => text?.includes('of the story'))).toHaveLength(12);
    expect(await told(id)).toBe(0);
  });

  test('who says “thank you” now and then, between other things', async () => {
    const { reply } = await opened({ cc: 'gus@guest.test' });
    for (let n = 0; n < 8; n++) {
      inbox.portal.advance(hour);
      await inbox.write('gus@guest.test', { ...reply, text: n % 2 ? 'Thank you.' : `Another thing: ${n}.` });
    }
    const toJane = await inbox.mailsTo(jane);
    expect(toJane.filter(({ text }) => /Thank you|Another thing/.test(text ?? ''))).toHaveLength(8);
  });

  test('any more, once they have something else to say a day later', async () => {
    const { reply } = await opened({ cc: machines[0]! });
    for (let n = 1; n <= 8; n++) {
      inbox.portal.advance(5);
      await inbox.write(machines[0]!, { ...reply, text: 'We have got your message.' });
    }
    inbox.portal.advance(day);
    await inbox.write(machines[0]!, { ...reply, text: 'This is me, the person at this desk.' });
    expect((await inbox.mailsTo(jane)).at(-1)!.text).toContain('the person at this desk');
  });
});
