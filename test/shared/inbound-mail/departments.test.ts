import { beforeEach, describe, expect, test } from 'vitest';
import {
  forged,
  type Inbox,
  type Letter,
  openInbox,
  type Place,
  support,
} from '../../support/desks/inbox.ts';
import { interleave } from '../../support/faults/stoppages.ts';

const jane = 'jane@acme.test';
const gus = 'gus@far.test';
const abuse = 'abuse@portal.test';
const sales = 'sales@portal.test';

let inbox: Inbox;
let acme: Place;

async function open(): Promise<void> {
  inbox = openInbox();
  acme = await inbox.portal.createAccount('Acme', jane);
  const items = [
    { id: 'dep_abuse', name: 'Abuse', address: abuse, repliesOnly: true },
    { id: 'dep_support', name: 'Support', address: support },
    { id: 'dep_sales', name: 'Sales', address: sales, guests: true },
  ];
  const made = await inbox.portal.call('stan', 'PUT', '/v1/staff/departments', { body: { items } });
  expect(made.status).toBe(200);
  await inbox.portal.deliver();
  inbox.portal.mails.length = 0;
}

beforeEach(open);

const one: Letter = { id: '<one@acme.test>', date: new Date(0) };
const write = (from: string, ...recipients: string[]) =>
  inbox.write(from, { ...one, to: recipients.join(', '), recipients });

describe('a message that goes to several departments is one ticket', () => {
  test.each([
    ['first to one that takes replies only', [[abuse], [support]]],
    ['last to one that takes replies only', [[support], [abuse]]],
    ['to both in one transaction', [[abuse, support]]],
    ['to two that take it', [[support], [sales]]],
    ['to each twice', [[abuse], [abuse], [support], [support], [sales]]],
  ])('%s', async (_, transactions) => {
    for (const recipients of transactions) await write(jane, ...recipients);
    expect(await inbox.ticketsOf(acme)).toHaveLength(1);
    const confirmed = (await inbox.mailsTo(jane)).filter(({ subject }) => subject?.includes('[Ticket ID:'));
    expect(confirmed).toHaveLength(1);
  });

  test('of whoever was answered as a stranger elsewhere', async () => {
    expect(await write(gus, support)).toMatchObject({ outcome: 'answered' });
    expect(await write(gus, sales)).toMatchObject({ outcome: 'ticket' });
    expect(await write(gus, sales)).toMatchObject({ outcome: 'ticket' });
    expect((await write(gus, support)).outcome).toBe('answered');
  });

  test('of whoever was to get no answer', async () => {
    await inbox.write(jane, { recipients: [abuse], text: 'Another' });
    expect(await write(jane, abuse)).toMatchObject({ outcome: 'ignored' });
    expect(await write(jane, support)).toMatchObject({ outcome: 'ticket' });
  });

  test.each([
    [abuse, support],
    [support, sales],
  ])('%s and %s at once', async (first, second) => {
    for (let nth = 1; ; nth++) {
      await open();
      const both = await interleave(
        inbox.portal,
        nth,
        () => write(jane, first),
        () => write(jane, second),
      );
      if (both === null) break;
      expect([nth, await inbox.ticketsOf(acme)]).toHaveProperty('1.length', 1);
    }
  });

  test('once its holder has said that it is theirs', async () => {
    for (const recipients of [[abuse], [support]]) await inbox.write(jane, { ...one, ...forged, recipients });
    for (const token of await inbox.questionsTo(jane)) {
      expect((await inbox.press(token, 'yes')).status).toBe(200);
    }
    expect(await inbox.ticketsOf(acme)).toHaveLength(1);
    expect(await inbox.quarantine()).toEqual([]);
  });
});
