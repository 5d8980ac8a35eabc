import { describe, expect, test } from 'vitest';
import { transitions, statuses, type TicketEvent } from '../../../shared/tickets/ticket.ts';

const events: TicketEvent[] = [
  'client-reply',
  'staff-reply',
  'close',
  'reopen',
  'set-open',
  'set-answered',
  'set-customer-reply',
  'set-on-hold',
  'set-closed',
];

describe('the moves of a ticket', () => {
  test.each(statuses)('from %s lead to statuses alone, and a reply is always one of them', (status) => {
    for (const target of Object.values(transitions[status])) expect(statuses).toContain(target);
    expect(transitions[status]['client-reply']).toBe('customer-reply');
    expect(transitions[status]['staff-reply']).toBe('answered');
  });

  test('close what is open, once, and reopen what is closed, once', () => {
    for (const status of statuses) {
      expect(transitions[status].close).toBe(status === 'closed' ? undefined : 'closed');
      expect(transitions[status].reopen).toBe(status === 'closed' ? 'open' : undefined);
    }
  });

  test('reach every status from every other one', () => {
    for (const start of statuses) {
      const reached = new Set([start]);
      for (const status of reached)
        for (const event of events) if (transitions[status][event]) reached.add(transitions[status][event]);
      expect(reached.size).toBe(statuses.length);
    }
  });
});
