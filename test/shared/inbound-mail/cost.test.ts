import { beforeEach, expect, test } from 'vitest';
import { Meter } from '../../bench/meter.ts';
import { type Inbox, inboxOfAcme, jane, type Letter, type Place } from '../../support/desks/inbox.ts';

const bob = 'bob@acme.test';
const stranger = 'gus@guest.test';

let inbox: Inbox;
let acme: Place;
let meter: Meter;

beforeEach(async () => {
  ({ inbox, acme } = await inboxOfAcme([bob]));
  meter = new Meter(inbox.portal.table);
});

/** How often deciding this mail waits for the table, the one transaction that applies it included. */
async function roundTrips(from: string, outcome: string, letter: Letter = {}): Promise<number> {
  let became = '';
  const { roundTrips: count, transactions } = await meter.of(async () => {
    became = (await inbox.write(from, letter)).outcome;
  });
  expect({ became, transactions }).toEqual({ became: outcome, transactions: 1 });
  return count;
}

test('deciding a mail waits for the table as seldom as its steps allow', async () => {
  expect(await roundTrips(jane, 'ticket')).toBe(3);
  expect(await roundTrips(bob, 'ticket')).toBe(4);
  expect(await roundTrips(stranger, 'answered')).toBe(3);
  expect(await roundTrips(jane, 'ticket', { cc: 'ann@friends.test' })).toBe(4);

  const [confirmation] = await inbox.mailsTo(jane);
  const to = confirmation!.replyTo![0]!.address!;
  expect(await roundTrips(jane, 'reply', { to, recipients: [to], subject: 'Again' })).toBe(4);
  const head = [`In-Reply-To: ${inbox.sentId(confirmation!)}`];
  expect(await roundTrips(jane, 'reply', { head, subject: 'Once more' })).toBe(4);
});

test('in however many accounts its sender is known', async () => {
  const before = await roundTrips(bob, 'ticket');
  for (let n = 0; n < 5; n++) {
    const other = await inbox.portal.createAccount(`Other ${n}`, `owner@other${n}.test`);
    await inbox.record(other, bob);
  }
  expect(await roundTrips(bob, 'ticket', { subject: 'Another' })).toBe(before);
  expect(await inbox.subjectsOf(acme)).toEqual(['Another', 'Down']);
});
