import { beforeEach, describe, expect, test } from 'vitest';
import { EventDesk } from './event-desk.ts';

const owner = 'owner@acme.test';
const dev = 'dev@acme.test';

let desk: EventDesk;
let ticketId: string;

beforeEach(async () => {
  desk = await new EventDesk().open();
  ticketId = await desk.ticket();
});

const lines = async (userId = 'stan') => {
  const { messages } = await desk.ticketSeenBy(userId, ticketId);
  return (messages as { body: string; author: { kind: string } }[])
    .filter(({ author }) => author.kind === 'system')
    .map(({ body }) => body);
};
const status = async () => (await desk.ticketSeenBy('stan', ticketId)).status;

describe('a reply that did not arrive', () => {
  test('opens its ticket again, with a line that staff see and nobody else', async () => {
    const [mail] = await desk.reply(ticketId);
    expect(await status()).toBe('answered');
    await desk.bounce(mail!, owner);
    expect(await status()).toBe('open');
    expect(await lines()).toEqual([`Not delivered to ${owner}: the mail service says Permanent/General`]);
    expect(await lines(desk.ownerId)).toEqual([]);
    expect(await desk.sent()).toEqual([]);
  });

  test('does so once for an address: neither its next bounce nor the mark opens the ticket again', async () => {
    const [mail] = await desk.reply(ticketId);
    await desk.bounce(mail!, owner, ['Transient', 'MailboxFull']);
    expect(await status()).toBe('open');
    const [second] = await desk.reply(ticketId);
    await desk.bounce(second!, owner);
    expect(await desk.reply(ticketId)).toEqual([]);
    expect(await status()).toBe('answered');
    expect(await lines()).toHaveLength(1);
  });

  test('does so where the mail service refuses it', async () => {
    desk.portal.ses = () => ({ kind: 'refused', reason: 'MessageRejected' });
    await desk.reply(ticketId);
    expect(await status()).toBe('open');
    expect(await lines()).toEqual([
      `Not delivered to ${owner}: the mail service refused it (MessageRejected)`,
    ]);
  });

  test('does so for each address', async () => {
    await desk.contact(dev);
    const [mail] = await desk.reply(ticketId);
    await desk.bounce(mail!, owner);
    const [, alone] = await desk.reply(ticketId);
    expect(alone!.destinations).toEqual([owner]);
    await desk.bounce(mail!, dev);
    expect(await status()).toBe('open');
    expect(await lines()).toHaveLength(2);
  });

  test('opens a closed ticket too, and leaves one that a client wrote in as it is', async () => {
    const [mail] = await desk.reply(ticketId);
    await desk.portal.call('stan', 'POST', `${desk.base}/tickets/${ticketId}/close`);
    await desk.bounce(mail!, owner);
    expect(await status()).toBe('open');

    await desk.portal.call('stan', 'DELETE', `/v1/staff/dead-addresses/${owner}`);
    ticketId = await desk.ticket();
    const [other] = await desk.reply(ticketId);
    await desk.portal.call(desk.ownerId, 'POST', `${desk.base}/tickets/${ticketId}/replies`, {
      body: { message: 'And?' },
    });
    await desk.bounce(other!, owner, ['Transient', 'MailboxFull']);
    expect(await status()).toBe('customer-reply');
    expect(await lines()).toHaveLength(1);
  });

  test('opens it also where nothing is sent because the address is dead already', async () => {
    const first = await desk.ticket();
    const [mail] = await desk.reply(first);
    await desk.bounce(mail!, owner);
    expect(await desk.reply(ticketId)).toEqual([]);
    expect(await status()).toBe('open');
    expect(await lines()).toEqual([
      `Not delivered to ${owner}: the address is dead since an earlier mail (Permanent/General)`,
    ]);
    await desk.reply(ticketId);
    expect(await status()).toBe('answered');
    expect(await lines()).toHaveLength(1);
  });

  test.each([
    ['Transient', 'General'],
    ['Undetermined', 'Undetermined'],
  ])(
    'is not assumed after %s/%s without a report, which may be a notice of absence',
    async (bounceType, bounceSubType) => {
      const [mail] = await desk.reply(ticketId);
      await desk.hear({
        eventType: 'Bounce',
        bounce: { bounceType, bounceSubType, bouncedRecipients: [{ emailAddress: owner }], feedbackId: 'x' },
        mail: { messageId: mail!.id, timestamp: '2026-03-01T09:59:58.000Z', destination: [owner] },
      });
      expect(await status()).toBe('answered');
      expect(await lines()).toEqual([]);
    },
  );

  test('is a reply: a confirmation that comes back opens nothing', async () => {
    await desk.portal.call('stan', 'POST', `${desk.base}/tickets/${ticketId}/close`);
    const id = String(desk.portal.mails.length);
    await desk.bounce({ id, destinations: [owner] }, owner);
    expect(await status()).toBe('closed');
    expect(await desk.deadAddresses()).toHaveLength(1);
  });
});

test('who left a ticket reopens it by nothing', async () => {
  const { userId } = await desk.portal.createSubAccount(desk.ownerId, desk.accountId, dev, ['tickets']);
  await desk.sent();
  const open = async () => {
    const body = { subject: 'Mine', message: 'Please' };
    const opened = await desk.portal.call(userId, 'POST', `${desk.base}/tickets`, { body });
    await desk.sent();
    return opened.body.id as string;
  };
  ticketId = await open();
  const [mail] = await desk.reply(ticketId);
  expect(mail!.destinations).toEqual([dev, owner]);
  await desk.complaint(mail!, [dev]);
  await desk.sent();
  const other = await open();
  const [group] = await desk.reply(other);
  await desk.bounce(group!, dev);
  const alone = (await desk.reply(other)).find(({ destinations }) => destinations[0] === dev)!;
  await desk.bounce(alone, dev);
  expect((await desk.deadAddresses()).map(({ address }) => address)).toEqual([dev]);
  await desk.reply(ticketId);
  expect(await status()).toBe('answered');
  expect(await lines()).toEqual([]);
});
