import { beforeEach, describe, expect, test } from 'vitest';
import { forged, type Inbox, inboxOfAcme, jane, type Place } from '../../../support/desks/inbox.ts';

const stranger = 'eve@far.test';
const list = { head: ['List-Id: <admins.far.test>', 'Precedence: list'] };
const bulk = [
  ['Precedence: bulk'],
  ['List-Unsubscribe: <mailto:leave@crm.test>', 'List-Unsubscribe-Post: List-Unsubscribe=One-Click'],
];

let inbox: Inbox;
let acme: Place;

beforeEach(async () => {
  ({ inbox, acme } = await inboxOfAcme());
});

const mailed = async (): Promise<string[][]> => {
  await inbox.portal.deliver();
  return inbox.portal.mails.map(({ destinations }) => destinations);
};

describe('a sender who is called like a machine', () => {
  test('opens a ticket where an account knows the address, and has it confirmed', async () => {
    await inbox.record(acme, 'postmaster@acme.test');
    expect((await inbox.write('postmaster@acme.test')).outcome).toBe('ticket');
    expect((await mailed()).flat()).toContain('postmaster@acme.test');
  });

  test('is a machine with the return path of a bounce, or that says so itself', async () => {
    await inbox.record(acme, 'postmaster@acme.test');
    for (const letter of [{ envelope: '' }, { head: ['Auto-Submitted: auto-generated'] }]) {
      expect((await inbox.write('postmaster@acme.test', letter)).outcome).toBe('ignored');
    }
  });

  test('is ignored where nobody knows it', async () => {
    expect((await inbox.write('postmaster@far.test')).outcome).toBe('ignored');
    expect(await mailed()).toEqual([]);
  });
});

describe('mail that is marked as sent to many', () => {
  test.each(bulk)('opens a ticket of a known, believed address without an answer: %s', async (...head) => {
    await inbox.record(acme, 'max@acme.test');
    const { outcome, ticketId } = await inbox.write('max@acme.test', { head });
    expect(outcome).toBe('ticket');
    expect((await mailed()).flat()).not.toContain('max@acme.test');
    // Staff's replies go to them as to anybody.
    const path = `/v1/accounts/${acme.accountId}/tickets/${ticketId}/replies`;
    await inbox.portal.call('stan', 'POST', path, { body: { message: 'Done.' } });
    expect((await mailed()).flat()).toContain('max@acme.test');
  });

  test.each(bulk)('is ignored from a stranger: %s', async (...head) => {
    expect((await inbox.write(stranger, { head })).outcome).toBe('ignored');
    expect(await mailed()).toEqual([]);
  });

  test('is asked about where its From is not shown', async () => {
    expect((await inbox.write(jane, { ...forged, head: bulk[0]! })).outcome).toBe('quarantined');
    expect(await inbox.questionsTo(jane)).toHaveLength(1);
  });
});

describe('mail of a mailing list', () => {
  test('waits from a known address, nobody is asked or answered, and staff let it in', async () => {
    const { id, outcome } = await inbox.write(jane, list);
    expect(outcome).toBe('quarantined');
    expect(await mailed()).toEqual([]);
    expect((await inbox.replay(id)).body.outcome).toBe('ticket');
    expect(await mailed()).toEqual([]);
  });

  test('waits where nothing shows its From, and nobody is asked', async () => {
    expect((await inbox.write(jane, { ...forged, ...list })).outcome).toBe('quarantined');
    expect(await mailed()).toEqual([]);
  });

  test('is ignored from others', async () => {
    expect((await inbox.write(stranger, list)).outcome).toBe('ignored');
  });

  test('keeps back no copy that its author sent to us as well', async () => {
    const id = '<both@acme.test>';
    expect((await inbox.write(jane, { ...list, id })).outcome).toBe('quarantined');
    expect((await inbox.write(jane, { id })).outcome).toBe('ticket');
  });
});
