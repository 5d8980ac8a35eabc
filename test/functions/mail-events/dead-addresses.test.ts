import { beforeEach, describe, expect, test } from 'vitest';
import { handleMailEvent } from '../../../functions/mail-events/handle-mail-event.ts';
import { bounceEvent } from '../../support/mail-events.ts';
import { EventDesk } from './event-desk.ts';

const owner = 'owner@acme.test';
const dev = 'dev@acme.test';

let desk: EventDesk;
let ticketId: string;

beforeEach(async () => {
  desk = await new EventDesk().open();
  ticketId = await desk.ticket();
});

const receivers = (mails: { destinations: string[] }[]) => mails.map(({ destinations }) => destinations);

describe('an address', () => {
  test.each(['General', 'NoEmail', 'Suppressed', 'OnAccountSuppressionList'])(
    'is dead when the mail service says Permanent/%s of a mail that went to it alone',
    async (subtype) => {
      const [mail] = await desk.reply(ticketId);
      await desk.bounce(mail!, 'Owner@ACME.test', ['Permanent', subtype]);
      expect(await desk.deadAddresses()).toEqual([
        {
          address: owner,
          at: '2026-03-01T10:00:00.000Z',
          reason: `Permanent/${subtype}`,
          accountId: desk.accountId,
        },
      ]);
      expect(await desk.reply(ticketId)).toEqual([]);
    },
  );

  test.each([
    ['Transient', 'General'],
    ['Transient', 'MailboxFull'],
    ['Transient', 'MessageTooLarge'],
    ['Transient', 'ContentRejected'],
    ['Transient', 'AttachmentRejected'],
    ['Undetermined', 'Undetermined'],
    ['Permanent', 'SomethingNew'],
    ['SomethingNew', 'General'],
  ])('is as alive as before after %s/%s', async (...kind) => {
    const [mail] = await desk.reply(ticketId);
    await desk.bounce(mail!, owner, kind);
    expect(await desk.deadAddresses()).toEqual([]);
    expect(receivers(await desk.reply(ticketId))).toEqual([[owner]]);
  });

  test('is doubted where several had the message: its next mail goes to it alone and decides', async () => {
    await desk.contact(dev);
    const [first] = await desk.reply(ticketId);
    expect(first!.destinations).toEqual([owner, dev]);
    await desk.bounce(first!, dev);
    expect(await desk.deadAddresses()).toEqual([]);

    const second = await desk.reply(ticketId, 'The second');
    expect(receivers(second)).toEqual([[owner], [dev]]);
    expect(second.every(({ text }) => text?.includes('The second'))).toBe(true);
    await desk.bounce(second[1]!, dev);
    expect((await desk.deadAddresses()).map(({ address }) => address)).toEqual([dev]);
    expect(receivers(await desk.reply(ticketId))).toEqual([[owner]]);
  });

  test('that was doubted is written to like any other once its mail went out alone and did not come back', async () => {
    await desk.contact(dev);
    const [first] = await desk.reply(ticketId);
    await desk.bounce(first!, dev);
    expect(receivers(await desk.reply(ticketId))).toEqual([[owner], [dev]]);
    expect(receivers(await desk.reply(ticketId))).toEqual([[owner, dev]]);
  });

  test('that is doubted keeps its doubt while its mail waits', async () => {
    await desk.contact(dev);
    const [first] = await desk.reply(ticketId);
    await desk.bounce(first!, dev);
    desk.portal.ses = () => ({ kind: 'refused', reason: 'MessageRejected' });
    await desk.reply(ticketId);
    desk.portal.ses = () => null;
    expect(receivers(await desk.reply(ticketId))).toEqual([[owner], [dev]]);
  });

  test('that another names as its final recipient is not marked, and nor is the one that had the mail', async () => {
    const [mail] = await desk.reply(ticketId);
    await desk.bounce(mail!, 'forwarded@elsewhere.test');
    expect(await desk.deadAddresses()).toEqual([]);
  });

  test('is written of in the account’s activity, for those who may read of contacts', async () => {
    const [mail] = await desk.reply(ticketId);
    await desk.bounce(mail!, owner);
    const { body } = await desk.portal.call(desk.ownerId, 'GET', `${desk.base}/activity`);
    const died = body.items.find(({ action }: { action: string }) => action === 'address.died');
    expect(died).toMatchObject({
      actor: { kind: 'system' },
      subject: { kind: 'address', name: owner },
      after: { reason: 'Permanent/General' },
    });
  });
});

describe('an event', () => {
  test('about a mail that was never sent changes nothing', async () => {
    const before = JSON.stringify(desk.portal.table.all());
    const old = { sentTo: [owner], recipients: [owner], sentAt: '2026-02-28T10:00:00.000Z' };
    await desk.hear(bounceEvent({ messageId: 'made-up', ...old }));
    expect(JSON.stringify(desk.portal.table.all())).toBe(before);
  });

  test('about a mail that the outbox is recording just now is asked for again', async () => {
    const young = { sentTo: [owner], recipients: [owner] };
    await expect(desk.hear(bounceEvent({ messageId: 'under-way', ...young }))).rejects.toThrow(
      'not recorded yet',
    );
    expect(await desk.deadAddresses()).toEqual([]);
  });

  test('that is waited for counts as soon as its mail is recorded', async () => {
    await desk.portal.call('stan', 'POST', `${desk.base}/tickets/${ticketId}/replies`, {
      body: { message: 'An answer' },
    });
    const id = String(desk.portal.mails.length + 1);
    const event = bounceEvent({ messageId: id, sentTo: [owner], recipients: [owner] });
    const waiting = { ...desk.portal.mailEvents(), pause: async () => void (await desk.sent()) };
    await handleMailEvent(waiting, JSON.stringify(event), desk.portal.now);
    expect(await desk.deadAddresses()).toHaveLength(1);
  });

  test('that is repeated after the mark was lifted changes nothing', async () => {
    const [mail] = await desk.reply(ticketId);
    const again = { feedbackId: 'the-same' };
    await desk.bounce(mail!, owner, [], again);
    await desk.portal.call('stan', 'DELETE', `/v1/staff/dead-addresses/${owner}`);
    await desk.bounce(mail!, owner, [], again);
    expect(await desk.deadAddresses()).toEqual([]);
  });

  test('that comes twice at once counts once', async () => {
    const [mail] = await desk.reply(ticketId);
    const again = { feedbackId: 'the-same' };
    await Promise.all([desk.bounce(mail!, owner, [], again), desk.bounce(mail!, owner, [], again)]);
    expect(await desk.deadAddresses()).toHaveLength(1);
    const { messages } = await desk.ticketSeenBy('stan', ticketId);
    expect(messages.filter((one: { private: boolean }) => one.private)).toHaveLength(1);
  });

  test.each([
    'Send',
    'Delivery',
    'Reject',
    'Open',
    'Click',
    'DeliveryDelay',
    'Rendering Failure',
    'Tomorrow',
  ])('of the kind %s says nothing of an address', async (eventType) => {
    const [mail] = await desk.reply(ticketId);
    const { bounce, mail: about } = bounceEvent({
      messageId: mail!.id,
      sentTo: mail!.destinations,
      recipients: [owner],
    });
    await desk.hear({ eventType, bounce, mail: about, reject: { reason: 'Bad content' } });
    expect(await desk.deadAddresses()).toEqual([]);
  });

  test.each([
    ['no JSON', 'Successfully validated'],
    ['nothing', 'null'],
    ['a bounce without its recipients', JSON.stringify({ eventType: 'Bounce', bounce: {}, mail: {} })],
    ['a complaint without its mail', JSON.stringify({ eventType: 'Complaint', complaint: {} })],
  ])('that is %s goes to the dead letters', async (_, body) => {
    const { portal } = desk;
    await expect(handleMailEvent(portal.mailEvents(), body, portal.now)).rejects.toThrow();
  });
});
