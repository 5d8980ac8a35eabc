import { beforeEach, describe, expect, test } from 'vitest';
import { isPlainAddress } from '../../../functions/outbox/compose.ts';
import { MemoryPortal } from '../../support/memory/memory-portal.ts';

let portal: MemoryPortal;
let accountId: string;
let ownerId: string;

beforeEach(async () => {
  portal = new MemoryPortal();
  ({ accountId, ownerId } = await portal.createAccount('Acme', 'owner@acme.test'));
  await portal.deliver();
  portal.mails.length = 0;
});

const base = () => `/v1/accounts/${accountId}`;
const open = (extra = {}) =>
  portal.call(ownerId, 'POST', `${base()}/tickets`, {
    body: { subject: 'Help', message: 'Please', ...extra },
  });
const contact = (email: string) =>
  portal.call(ownerId, 'POST', `${base()}/contacts`, {
    body: { name: email, email, emailPreferences: { support: true } },
  });
const waiting = () => portal.table.all().filter((item) => item.pk.startsWith('OUTBOX#'));

describe('the outbox', () => {
  test('sends what it is told of once, however often it is told', async () => {
    await open();
    const ids = [...portal.nudged];
    await portal.deliver();
    portal.nudged = [...ids, ...ids];
    await portal.deliver();
    expect(portal.mails).toHaveLength(1);
    expect(waiting()).toEqual([]);
  });

  test('finds by its sweep what nobody told it of, after a minute and not before', async () => {
    await open();
    portal.nudged = [];
    expect(await portal.sweep()).toBe(0);
    portal.advance(61);
    expect(await portal.sweep()).toBe(1);
    expect(portal.mails).toHaveLength(1);
  });

  test('sends a task once, where the queue and the sweep come at once', async () => {
    await open();
    portal.advance(61);
    await Promise.all([portal.deliver(), portal.sweep(), portal.sweep()]);
    expect(portal.mails).toHaveLength(1);
  });

  test('tries again what the mail service is too busy for, and loses nothing', async () => {
    let refusals = 3;
    portal.ses = () => (refusals-- > 0 ? { kind: 'later' } : null);
    await open();
    for (let rounds = 0; rounds < 4; rounds++) await portal.deliver();
    expect(portal.mails).toHaveLength(1);
    expect(waiting()).toEqual([]);
  });

  test('sets aside for good what the mail service refuses, and goes on with the rest', async () => {
    portal.ses = () => ({ kind: 'refused', reason: 'MessageRejected' });
    await open();
    const [id] = portal.nudged;
    await portal.deliver();
    portal.ses = () => null;
    await open();
    portal.nudged.push(id!);
    portal.advance(3600);
    await portal.deliver();
    await portal.sweep();
    expect(portal.mails).toHaveLength(1);
    expect(waiting().map((item) => item['parked'])).toEqual(['MessageRejected']);
  });

  test('sends again what died between the service’s yes and its own note: late twice rather than never', async () => {
    await open();
    portal.table.before = (call) => {
      if (call === 'transact' && portal.mails.length === 1) throw new Error('The machine stopped');
    };
    await expect(portal.deliver()).rejects.toThrow('The machine stopped');
    portal.table.before = () => {};
    portal.advance(300);
    await portal.sweep();
    expect(portal.mails).toHaveLength(2);
    expect(waiting()).toEqual([]);
  });

  test('writes to more than fifty people in several messages, to each once', async () => {
    for (let n = 0; n < 60; n++) await contact(`c${n}@acme.test`);
    await open();
    await portal.deliver();
    expect(portal.mails).toEqual([]);
    await portal.deliver();
    expect(portal.mails.map((mail) => mail.destinations.length)).toEqual([50, 11]);
    expect(new Set(portal.mails.flatMap((mail) => mail.destinations)).size).toBe(61);
  });

  test('writes to nobody who went between the writing and the sending', async () => {
    const { body } = await contact('leaver@acme.test');
    await open();
    await portal.call(ownerId, 'DELETE', `${base()}/contacts/${body.id}`);
    await portal.deliver();
    expect(portal.mails.map((mail) => mail.destinations)).toEqual([['owner@acme.test']]);
  });
});

describe('an address', () => {
  test.each([
    'a@b.test\r\nBcc: x@y.test',
    'a@b.test, x@y.test',
    'a@b',
    '<a@b.test>',
    'a b@c.test',
    '@b.test',
  ])('that reads %j is not written to, unless it is one', (address) => {
    expect(isPlainAddress(address)).toBe(address === 'a@b');
  });
});
