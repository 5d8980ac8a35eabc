import { beforeEach, describe, expect, test, vi } from 'vitest';
import { settleWaiting } from '../../../shared/inbound-mail/settle.ts';
import { day, forged, hour, type Inbox, inboxOfAcme, jane, type Place } from '../../support/desks/inbox.ts';
import { interleave, stopAt, stoppages } from '../../support/faults/stoppages.ts';

// What fails on purpose need not be logged.
vi.hoisted(() => vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT'));

/** A contact whom nothing but Acme's word makes one. */
const bob = 'bob@elsewhere.test';
const questionSubject = 'Did you write to us?';

let inbox: Inbox;
let acme: Place;

async function open(): Promise<void> {
  ({ inbox, acme } = await inboxOfAcme([bob]));
}

beforeEach(open);

const questions = () => inbox.portal.mails.filter(({ subject }) => subject === questionSubject);

describe('an address is asked at most three times a day about mail that is not believed', () => {
  test('however much is said to be from it; the rest waits for staff', async () => {
    for (let n = 0; n < 5; n++) {
      expect(await inbox.write(jane, { ...forged, subject: `${n}` })).toMatchObject({
        outcome: 'quarantined',
      });
    }
    expect(await inbox.questionsTo(jane)).toHaveLength(3);
    expect(await inbox.quarantine()).toHaveLength(5);
    inbox.portal.advance(day + hour);
    await inbox.write(jane, { ...forged, subject: 'The next day' });
    expect(await inbox.questionsTo(jane)).toHaveLength(4);
  });

  test('under all spellings that reach it', async () => {
    for (let n = 0; n < 5; n++) {
      await inbox.record(acme, `pia+${n}@acme.test`);
      await inbox.write(`pia+${n}@acme.test`, forged);
    }
    await inbox.portal.deliver();
    expect(questions()).toHaveLength(3);
  });

  test('where messages come at once, too', async () => {
    await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        inbox.write(jane, { ...forged, subject: `${n}`, client: `198.51.${n}.7` }),
      ),
    );
    expect(await inbox.questionsTo(jane)).toHaveLength(3);
    expect(await inbox.quarantine()).toHaveLength(8);
  });

  test('and twice where nothing has shown it: a question is left for a contact’s own first mail', async () => {
    for (let n = 0; n < 5; n++) await inbox.write(bob, { ...forged, subject: `Forged ${n}` });
    for (const subject of ['First', 'Second']) await inbox.write(bob, { subject });
    const asked = await inbox.questionsTo(bob);
    expect(asked).toHaveLength(3);
    expect(await inbox.press(asked.at(-1)!, 'yes')).toMatchObject({ status: 200 });
    expect(await inbox.subjectsOf(acme)).toEqual(['First', 'Second']);
    expect(await inbox.quarantine()).toHaveLength(5);
  });
});

describe('a contact’s first mail for which no question is left on its day', () => {
  /** One mailbox under four names, whose day is used up by the first mails of three. */
  const names = ['bob+a@elsewhere.test', 'bob+b@elsewhere.test', 'bob+c@elsewhere.test'];
  async function usedUp(): Promise<void> {
    await open();
    for (const name of names) {
      await inbox.record(acme, name);
      await inbox.write(name, { subject: name });
    }
    for (const subject of ['First', 'Second']) {
      expect(await inbox.write(bob, { subject })).toMatchObject({ outcome: 'quarantined' });
    }
    await inbox.portal.deliver();
  }

  test('waits with what follows it; it is asked about on the next day, and a yes lets all of it in', async () => {
    await usedUp();
    await inbox.pass(hour);
    await inbox.portal.deliver();
    expect(questions()).toHaveLength(3);
    await inbox.pass(day);
    const [token, ...more] = await inbox.questionsTo(bob);
    expect(more).toEqual([]);
    expect((await inbox.look(token!)).body).toMatchObject({ subject: 'First', account: { owner: jane } });
    await inbox.pass(3 * day - hour);
    expect(await inbox.press(token!, 'yes')).toMatchObject({ status: 200 });
    expect(await inbox.subjectsOf(acme)).toEqual(['First', 'Second']);
    expect(await inbox.questionsTo(bob)).toHaveLength(1);
  });

  test.each(['no', null])('goes on as a stranger’s with %j', async (answer) => {
    await usedUp();
    await inbox.pass(day);
    const [token] = await inbox.questionsTo(bob);
    if (answer !== null) await inbox.press(token!, answer);
    await inbox.pass(3 * day + hour);
    expect(await inbox.quarantine()).toEqual([]);
    expect(await inbox.ticketsOf(acme)).toEqual([]);
  });

  test('goes in with a yes to mail that nothing showed to be theirs', async () => {
    await open();
    await inbox.write(bob, { ...forged, subject: 'Unbelieved' });
    for (const name of names) {
      await inbox.record(acme, name);
      await inbox.write(name, { subject: name });
    }
    await inbox.write(bob, { subject: 'First' });
    const [token] = await inbox.questionsTo(bob);
    expect(await inbox.press(token!, 'yes')).toMatchObject({ status: 200 });
    expect(await inbox.subjectsOf(acme)).toEqual(['First', 'Unbelieved']);
    await inbox.pass(2 * day);
    expect(await inbox.questionsTo(bob)).toHaveLength(1);
  });

  test('is asked about once where two jobs find it at once', async () => {
    for (let nth = 1; ; nth++) {
      await usedUp();
      inbox.portal.advance(day);
      const job = () => settleWaiting(inbox.portal.inbound());
      const both = await interleave(inbox.portal, nth, job, job);
      if (both === null) break;
      expect([nth, await inbox.questionsTo(bob)]).toHaveProperty('1.length', 1);
      expect([nth, await inbox.quarantine()]).toHaveProperty('1.length', 5);
    }
  });
});

describe('nobody is asked', () => {
  test('where mail that is not believed is to wait for staff', async () => {
    await inbox.set({ 'mail.unprovenSenders': 'quarantine' });
    expect(await inbox.write(jane, forged)).toMatchObject({ outcome: 'quarantined' });
    expect(await inbox.mailsTo(jane)).toEqual([]);
    expect(await inbox.quarantine()).toHaveLength(1);
    await inbox.set({ 'mail.unprovenSenders': 'confirm' });
    await inbox.write(jane, { ...forged, subject: 'Another' });
    expect(await inbox.questionsTo(jane)).toHaveLength(1);
  });

  test('for longer than the question waits, and what a known address is said to have written is kept', async () => {
    const { id } = await inbox.write(jane, forged);
    expect(await inbox.mailsTo(jane)).toHaveLength(1);
    await inbox.pass(40 * day);
    expect(await inbox.quarantine()).toMatchObject([{ id }]);
    expect(await inbox.mailsTo(jane)).toHaveLength(1);
  });

  test('about a stranger’s mail that is not believed: it waits, and is discarded after 30 days', async () => {
    const { id } = await inbox.write('eve@evil.test', forged);
    await inbox.pass(30 * day - hour);
    expect(await inbox.quarantine()).toMatchObject([{ id, outcome: 'quarantined' }]);
    await inbox.pass(2 * hour);
    expect(await inbox.quarantine()).toEqual([]);
    expect(await inbox.recordOf(id)).toMatchObject({ outcome: 'discarded' });
    expect(inbox.portal.mails).toEqual([]);
  });

  test('any more about strangers’ mail that is due: all of it is discarded at once, but for what staff let in', async () => {
    for (let n = 0; n < 55; n++) await inbox.write(`eve${n}@evil.test`, forged);
    await inbox.pass(31 * day);
    expect(await inbox.quarantine()).toEqual([]);
    for (let nth = 1; ; nth++) {
      await open();
      const { id } = await inbox.write('eve@evil.test', forged);
      await inbox.record(acme, 'eve@evil.test');
      inbox.portal.advance(31 * day);
      const job = () => settleWaiting(inbox.portal.inbound());
      const both = await interleave(inbox.portal, nth, job, () => inbox.replay(id));
      if (both === null) break;
      const tickets = await inbox.ticketsOf(acme);
      expect((await inbox.recordOf(id)).outcome).toBe(tickets.length === 1 ? 'ticket' : 'discarded');
    }
  });

  test.each([
    ['several addresses in From', `${jane}, eve@evil.test`, []],
    ['several From fields', jane, ['From: eve@evil.test']],
  ])('that are %s, as such mail is never believed and says nothing', async (_, from, head) => {
    expect(await inbox.write(from, { head, envelope: jane })).toMatchObject({ outcome: 'quarantined' });
    expect(await inbox.ticketsOf(acme)).toEqual([]);
  });
});

describe.each(stoppages)('where what is at work %s, at any step', (how) => {
  /** Stops the act at each of its steps in turn, in a portal of its own, and looks at what comes of it. */
  async function atEveryStep(act: () => Promise<() => Promise<unknown>>, then: () => Promise<void>) {
    for (let nth = 1; ; nth++) {
      await open();
      const going = await act();
      const came = await stopAt(inbox.portal, how, nth, going);
      await then();
      if (!came) return;
    }
  }

  /** What the outbox was told is lost; sweep and job find what is to be done. */
  const afterAll = async (): Promise<void> => {
    inbox.portal.nudged = [];
    await inbox.pass(hour);
    inbox.portal.advance(hour);
    await inbox.portal.sweep();
    inbox.portal.nudged = [];
  };

  test.each([
    ['unbelieved', jane, forged],
    ['a contact’s first', bob, {}],
  ])('one question is asked about a message that is %s', async (_, from, letter) => {
    await atEveryStep(
      async () => () => inbox.write(from, { ...letter, id: '<one@written.test>', key: 'in/one' }),
      async () => {
        // The receiver hands it over again, as it got no answer.
        await inbox.write(from, { ...letter, id: '<one@written.test>', key: 'in/one', date: new Date(0) });
        await afterAll();
        expect(questions()).toHaveLength(1);
        expect(await inbox.quarantine()).toHaveLength(1);
        expect((await inbox.press(inbox.tokenIn(questions()[0])!, 'yes')).status).toBe(200);
        expect(await inbox.ticketsOf(acme)).toHaveLength(1);
      },
    );
  });

  test.each([
    ['yes', bob, {}, 3],
    ['no', bob, {}, 0],
    ['yes', jane, forged, 1],
    ['no', jane, forged, 0],
  ])(
    '%s of %s counts once for all that waited, whether it is pressed again or not',
    async (answer, from, how, tickets) => {
      for (const again of [true, false]) {
        let token = '';
        await atEveryStep(
          async () => {
            const subjects = from === bob ? ['One', 'Two', 'Three'] : ['One'];
            for (const subject of subjects) await inbox.write(from, { ...how, subject });
            [token = ''] = await inbox.questionsTo(from);
            return () => inbox.press(token, answer);
          },
          async () => {
            if (again) expect((await inbox.press(token, answer)).status).toBe(200);
            const unsaid = (await inbox.look(token)).status === 200;
            await afterAll();
            if (unsaid) {
              // What stopped before it was written was not said.
              expect(await inbox.quarantine()).toHaveLength(from === bob ? 3 : 1);
              return;
            }
            const said = (await inbox.ticketsOf(acme)).length;
            expect(said).toBe(tickets);
            expect(await inbox.quarantine()).toEqual([]);
            expect(questions()).toHaveLength(1);
            const confirmed = inbox.portal.mails.filter(({ subject }) => subject?.includes('[Ticket ID:'));
            expect(new Set(confirmed.map(({ subject }) => subject)).size).toBe(said);
            expect(confirmed.length).toBe(said);
            expect(await settleWaiting(inbox.portal.inbound())).toEqual({ settled: 0 });
          },
        );
      }
    },
  );

  test('what time answered is done once', async () => {
    await atEveryStep(
      async () => {
        await inbox.write(bob, { subject: 'One' });
        await inbox.write('eve@evil.test', { ...forged, subject: 'Another' });
        await inbox.portal.deliver();
        inbox.portal.advance(31 * day);
        return () => settleWaiting(inbox.portal.inbound());
      },
      async () => {
        await afterAll();
        expect(await inbox.quarantine()).toEqual([]);
        expect(await inbox.ticketsOf(acme)).toEqual([]);
        expect(inbox.portal.mails.map(({ destinations }) => destinations)).toEqual([[bob], [bob]]);
      },
    );
  });
});
