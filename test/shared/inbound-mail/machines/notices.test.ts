import { beforeEach, describe, expect, test } from 'vitest';
import { EventDesk } from '../../../functions/mail-events/event-desk.ts';
import { bounce as notice } from '../../mail/message/fixtures.ts';

const owner = 'owner@acme.test';
const eve = 'eve@vendor.test';

let desk: EventDesk;

beforeEach(async () => {
  desk = await new EventDesk().open();
});

const ticketCount = async () =>
  (await desk.portal.call('stan', 'GET', `${desk.base}/tickets`)).body.items.length;

test('a stranger in copy quotes the shared Message-ID in a made-up notice: nobody is silenced', async () => {
  const ticketId = await desk.ticket({ cc: [eve] });
  const [shared] = await desk.reply(ticketId);
  expect(shared!.destinations).toEqual([owner, eve]);
  const originalId = `<${shared!.id}@eu-west-1.amazonses.com>`;
  const record = await desk.portal.receive(notice({ recipient: owner, originalId }), {}, { from: eve });
  expect(record.outcome).toBe('ignored');
  expect(await desk.deadAddresses()).toEqual([]);
  const [next] = await desk.reply(ticketId);
  expect(next!.destinations).toEqual([owner, eve]);
  expect((await desk.ticketSeenBy('stan', ticketId)).status).toBe('answered');
});

describe('a notice that comes by mail', () => {
  test.each([
    ['5.1.1', 'no such user'],
    ['5.7.1', 'content rejected'],
    ['5.2.2', 'mailbox full'],
    ['5.2.3', 'message too large'],
    ['5.4.7', 'delivery time expired'],
    ['4.2.2', 'over quota'],
  ])('with %s (%s) marks nobody, also of a mail that went to one address alone', async (status) => {
    const ticketId = await desk.ticket();
    const [mail] = await desk.reply(ticketId);
    const originalId = `<${mail!.id}@eu-west-1.amazonses.com>`;
    await desk.portal.receive(notice({ recipient: owner, originalId, status }), {}, { from: '' });
    expect(await desk.deadAddresses()).toEqual([]);
    expect((await desk.reply(ticketId)).map(({ destinations }) => destinations)).toEqual([[owner]]);
  });

  test('opens no ticket, gets no answer, and stands in the mail log with its reason', async () => {
    await desk.portal.receive(notice({ recipient: owner }), {}, { from: '' });
    expect(await ticketCount()).toBe(0);
    expect(await desk.sent()).toEqual([]);
    const { body } = await desk.portal.call('stan', 'GET', '/v1/staff/mail-in');
    expect(body.items).toHaveLength(1);
    expect(body.items[0]).toMatchObject({
      outcome: 'ignored',
      reason: expect.stringMatching(/\S/),
      trace: expect.arrayContaining([`a notice by mail about ${owner} 5.1.1: it marks no address`]),
    });
  });
});
