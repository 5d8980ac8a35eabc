import { beforeEach, describe, expect, test } from 'vitest';
import { settleWaiting } from '../../../shared/inbound-mail/settle.ts';
import { day, forged, type Inbox, inboxOfAcme, jane, type Place } from '../../support/desks/inbox.ts';
import { interleave, statusesOf } from '../../support/faults/stoppages.ts';

/** A contact whom nothing but Acme's word makes one. */
const bob = 'bob@elsewhere.test';

let inbox: Inbox;
let acme: Place;

async function open(): Promise<void> {
  ({ inbox, acme } = await inboxOfAcme([bob]));
}

beforeEach(open);

describe('replaying overrides limits:', () => {
  test('of the hour', async () => {
    await inbox.set({ 'mail.hourlyLimit': 1 });
    await inbox.write(jane, { subject: 'One' });
    const { id, receivedAt } = await inbox.write(jane, { subject: 'Two' });
    inbox.portal.advance(60);
    expect(await inbox.replay(id)).toMatchObject({ status: 200, body: { outcome: 'ticket', receivedAt } });
    expect(await inbox.subjectsOf(acme)).toEqual(['One', 'Two']);
    expect((await inbox.mailsTo(jane)).at(-1)!.subject).toContain('Two');
    expect(await inbox.quarantine()).toEqual([]);
  });

  test('and counts for nothing in an hour to come', async () => {
    await inbox.set({ 'mail.hourlyLimit': 2 });
    for (const subject of ['One', 'Two']) await inbox.write(jane, { subject });
    const { id } = await inbox.write(jane, { subject: 'Three' });
    inbox.portal.advance(50 * 60);
    expect((await inbox.replay(id)).body.outcome).toBe('ticket');
    inbox.portal.advance(11 * 60);
    for (const subject of ['Four', 'Five']) {
      expect(await inbox.write(jane, { subject })).toMatchObject({ outcome: 'ticket' });
    }
    expect(await inbox.write(jane, { subject: 'Six' })).toMatchObject({ outcome: 'quarantined' });
  });

  test('of what it was judged; a virus never goes further', async () => {
    const spam = await inbox.write(jane, { verdicts: { spam: 'FAIL' }, subject: 'Spam' });
    expect(spam.outcome).toBe('quarantined');
    expect((await inbox.replay(spam.id)).body.outcome).toBe('ticket');
    const unclear = await inbox.write(jane, { verdicts: { virus: 'GRAY' }, subject: 'Unclear' });
    expect((await inbox.replay(unclear.id)).body.outcome).toBe('ticket');
    const virus = await inbox.write(jane, { verdicts: { virus: 'FAIL' } });
    expect((await inbox.replay(virus.id)).body.outcome).not.toBe('ticket');
    expect(await inbox.subjectsOf(acme)).toEqual(['Spam', 'Unclear']);
  });

  test('of an address’s questions a day', async () => {
    for (let n = 0; n < 4; n++) await inbox.write(jane, { ...forged, subject: `${n}` });
    const waiting = await inbox.quarantine();
    const last = waiting.find(({ subject }) => subject === '3');
    expect((await inbox.replay(last.id)).body.outcome).toBe('ticket');
  });
});

describe('replaying never overrides proof: mail that is not believed', () => {
  test('opens a ticket as added by staff: From is not shown, nobody is in CC, nobody is mailed', async () => {
    const { id } = await inbox.write(`Jane Doe <${jane}>`, { ...forged, cc: 'friend@far.test' });
    await inbox.portal.deliver();
    const mailed = inbox.portal.mails.length;
    expect(await inbox.replay(id)).toMatchObject({ status: 200, body: { outcome: 'ticket' } });
    const [listed] = await inbox.ticketsOf(acme);
    const ticket = await inbox.readTicket(acme, listed.id);
    expect(ticket).toMatchObject({ cc: [], messages: [{ author: { kind: 'staff' }, body: 'Please look.' }] });
    expect(JSON.stringify(ticket)).not.toMatch(/jane|friend@/i);
    const activity = `/v1/accounts/${acme.accountId}/activity`;
    const [latest] = (await inbox.portal.call('stan', 'GET', activity)).body.items;
    expect(latest).toMatchObject({ actor: { kind: 'staff' }, subject: { id: ticket.id } });
    await inbox.portal.deliver();
    expect(inbox.portal.mails).toHaveLength(mailed);
  });

  test('of a contact whom only the account names goes in like that, too', async () => {
    const { id } = await inbox.write(bob, forged);
    expect((await inbox.replay(id)).body.outcome).toBe('ticket');
    const [listed] = await inbox.ticketsOf(acme);
    expect((await inbox.readTicket(acme, listed.id)).messages).toMatchObject([{ author: { kind: 'staff' } }]);
    expect(await inbox.mailsTo(jane)).toEqual([]);
  });

  test('goes into its ticket as added by staff, and mails nobody', async () => {
    const { ticketId } = await inbox.write(jane, { cc: 'gus@guest.test' });
    const confirmation = (await inbox.mailsTo(jane)).at(-1)!;
    const to = confirmation.replyTo![0]!.address!;
    const letter = { ...forged, to, recipients: [to], cc: 'friend@far.test', text: 'Pay here.' };
    const { id } = await inbox.write(jane, letter);
    await inbox.portal.deliver();
    const mailed = inbox.portal.mails.length;
    const { body } = await inbox.replay(id);
    expect(body.outcome).toBe('reply');
    const { messages, cc } = await inbox.readTicket(acme, ticketId!);
    expect(messages.at(-1)).toMatchObject({ author: { kind: 'staff' }, body: 'Pay here.' });
    expect(JSON.stringify(messages.at(-1))).not.toMatch(/jane|Owner of/i);
    expect(cc).toEqual(['gus@guest.test']);
    await inbox.portal.deliver();
    expect(inbox.portal.mails).toHaveLength(mailed);
  });

  test('of somebody in CC goes into that ticket as added by staff', async () => {
    const { ticketId } = await inbox.write(jane, { cc: 'gus@guest.test' });
    const toGus = (await inbox.mailsTo('gus@guest.test')).at(-1)!;
    const head = [`In-Reply-To: ${inbox.sentId(toGus)}`];
    const { id, outcome } = await inbox.write('gus@guest.test', { ...forged, head, text: 'It is mine.' });
    expect(outcome).toBe('quarantined');
    expect((await inbox.replay(id)).body.outcome).toBe('reply');
    const { messages } = await inbox.readTicket(acme, ticketId!);
    expect(messages.at(-1)).toMatchObject({ author: { kind: 'staff' }, body: 'It is mine.' });
  });

  test('of a stranger stays out, and nobody is answered', async () => {
    const { id } = await inbox.write('eve@evil.test', forged);
    expect((await inbox.replay(id)).body.outcome).toBe('quarantined');
    await inbox.portal.deliver();
    expect(inbox.portal.mails).toEqual([]);
  });

  test('proves nothing of the address, and is not asked about any more', async () => {
    const { id } = await inbox.write(bob, forged);
    const [token] = await inbox.questionsTo(bob);
    await inbox.replay(id);
    await inbox.press(token!, 'yes');
    await inbox.press(token!, 'no');
    await inbox.pass(4 * day);
    expect((await inbox.ticketsOf(acme)).length).toBeLessThanOrEqual(1);
    await open();
    const again = await inbox.write(bob, forged);
    await inbox.replay(again.id);
    expect(await inbox.write(bob)).toMatchObject({ outcome: 'quarantined' });
  });
});

describe('a message is handled once', () => {
  test('where it is replayed twice, or discarded before', async () => {
    await inbox.set({ 'mail.hourlyLimit': 1 });
    await inbox.write(jane, { subject: 'One' });
    const two = await inbox.write(jane, { subject: 'Two' });
    const three = await inbox.write(jane, { subject: 'Three' });
    await inbox.replay(two.id);
    expect((await inbox.replay(two.id)).status).toBeGreaterThanOrEqual(400);
    expect(await inbox.discard(three.id)).toMatchObject({ status: 200, body: { outcome: 'discarded' } });
    expect((await inbox.replay(three.id)).status).toBeGreaterThanOrEqual(400);
    expect(await inbox.subjectsOf(acme)).toEqual(['One', 'Two']);
  });

  test('where two of staff replay it at once: the other is told', async () => {
    inbox.portal.addStaff('sue', ['support']);
    for (let nth = 1; ; nth++) {
      await open();
      inbox.portal.addStaff('sue', ['support']);
      const { id } = await inbox.write(jane, { verdicts: { spam: 'FAIL' } });
      const replayAs = (userId: string) =>
        inbox.portal.call(userId, 'POST', `/v1/staff/quarantine/${id}/replay`);
      const both = await interleave(
        inbox.portal,
        nth,
        () => replayAs('stan'),
        () => replayAs('sue'),
      );
      if (both === null) break;
      expect([nth, ...statusesOf(both)]).toEqual([nth, 200, 409]);
      expect(await inbox.ticketsOf(acme)).toHaveLength(1);
    }
  });

  test('where staff replay it while its holder says yes', async () => {
    for (const ask of [forged, {}]) {
      const from = ask === forged ? jane : bob;
      for (let nth = 1; ; nth++) {
        await open();
        const { id } = await inbox.write(from, ask);
        const [token] = await inbox.questionsTo(from);
        const both = await interleave(
          inbox.portal,
          nth,
          () => inbox.press(token!, 'yes'),
          () => inbox.replay(id),
        );
        if (both === null) break;
        await inbox.pass(4 * day);
        expect([nth, (await inbox.ticketsOf(acme)).length]).toEqual([nth, 1]);
        expect(await inbox.quarantine()).toEqual([]);
      }
    }
  });

  test('where it was discarded, whatever its holder says later', async () => {
    const { id } = await inbox.write(jane, forged);
    const [token] = await inbox.questionsTo(jane);
    await inbox.discard(id);
    await inbox.press(token!, 'yes');
    await settleWaiting(inbox.portal.inbound());
    expect(await inbox.ticketsOf(acme)).toEqual([]);
    expect(await inbox.recordOf(id)).toMatchObject({ outcome: 'discarded' });
  });
});

test('staff without `support` neither see nor replay what waits', async () => {
  const { id } = await inbox.write(jane, forged);
  inbox.portal.addStaff('bill', ['billing']);
  const refused = { status: 403 };
  expect(await inbox.portal.call('bill', 'GET', '/v1/staff/quarantine')).toMatchObject(refused);
  expect(await inbox.portal.call('bill', 'POST', `/v1/staff/quarantine/${id}/replay`)).toMatchObject(refused);
  expect(await inbox.ticketsOf(acme)).toEqual([]);
});
