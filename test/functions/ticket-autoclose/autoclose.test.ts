import { describe, expect, test } from 'vitest';
import { quietStep } from '../../../functions/ticket-autoclose/close-quiet-tickets.ts';
import { MemoryPortal } from '../../support/memory/memory-portal.ts';

const at = (day: number) => new Date(Date.UTC(2026, 2, 1 + day, 12));
const on = (day: number) => at(day).toISOString();
const daySeconds = 24 * 60 * 60;

describe('an answered ticket that stays quiet', () => {
  test.each([
    { quiet: 4, warned: null, step: 'wait' },
    { quiet: 5, warned: null, step: 'warn' },
    { quiet: 9, warned: null, step: 'warn' },
    { quiet: 6, warned: 5, step: 'wait' },
    { quiet: 7, warned: 5, step: 'close' },
    { quiet: 10, warned: 9, step: 'wait' },
    { quiet: 11, warned: 9, step: 'close' },
  ])('after $quiet days, warned on day $warned: $step', ({ quiet, warned, step }) => {
    const ticket = { updatedAt: on(0), warnedAt: warned === null ? null : on(warned) };
    expect(quietStep(ticket, 7, at(quiet))).toBe(step);
  });

  test('is warned once, closed once, and opened again by an answer', async () => {
    const portal = new MemoryPortal();
    const { accountId, ownerId } = await portal.createAccount('Acme', 'owner@acme.test');
    const base = `/v1/accounts/${accountId}/tickets`;
    const { body: ticket } = await portal.call(ownerId, 'POST', base, {
      body: { subject: 'S', message: 'M' },
    });
    await portal.call('stan', 'POST', `${base}/${ticket.id}/replies`, { body: { message: 'Done?' } });
    await portal.deliver();
    portal.mails.length = 0;

    portal.advance(5 * daySeconds);
    expect(await portal.closeQuietTickets()).toEqual({ warned: 1, closed: 0 });
    expect(await portal.closeQuietTickets()).toEqual({ warned: 0, closed: 0 });
    portal.advance(2 * daySeconds);
    expect(await portal.closeQuietTickets()).toEqual({ warned: 0, closed: 1 });
    expect(await portal.closeQuietTickets()).toEqual({ warned: 0, closed: 0 });
    await portal.deliver();
    expect(portal.mails.map((mail) => mail.destinations)).toEqual([['owner@acme.test'], ['owner@acme.test']]);
    expect(portal.mails[0]!.text).toContain('It will be closed on 2026-03-08');

    const closed = await portal.call(ownerId, 'GET', `${base}/${ticket.id}`);
    expect(closed.body.status).toBe('closed');
    const reopened = await portal.call(ownerId, 'POST', `${base}/${ticket.id}/replies`, {
      body: { message: 'No' },
    });
    expect(reopened.body.status).toBe('customer-reply');
  });

  test('waits anew when somebody writes after the warning', async () => {
    const portal = new MemoryPortal();
    const { accountId, ownerId } = await portal.createAccount('Acme', 'owner@acme.test');
    const base = `/v1/accounts/${accountId}/tickets`;
    const { body: ticket } = await portal.call(ownerId, 'POST', base, {
      body: { subject: 'S', message: 'M' },
    });
    const reply = () =>
      portal.call('stan', 'POST', `${base}/${ticket.id}/replies`, { body: { message: 'Well?' } });
    await reply();
    portal.advance(5 * daySeconds);
    await portal.closeQuietTickets();
    await reply();
    portal.advance(3 * daySeconds);
    expect(await portal.closeQuietTickets()).toEqual({ warned: 0, closed: 0 });
  });
});
