import { describe, expect, test } from 'vitest';
import { nextOrderStatus, orderMoves, type OrderStatus } from '../../../shared/orders/order.ts';
import { serviceMoves } from '../../../shared/services/service.ts';

const statuses: OrderStatus[] = [
  'awaiting-main-account',
  'awaiting-payment',
  'awaiting-activation',
  'active',
  'rejected',
  'cancelled',
];

/** Every move that there is, written down a second time: whatever is not here is refused. */
const allowed = [
  'awaiting-main-account approve awaiting-payment',
  'awaiting-main-account decline rejected',
  'awaiting-main-account reject rejected',
  'awaiting-main-account cancel cancelled',
  'awaiting-payment pay awaiting-activation',
  'awaiting-payment pay-renewals active',
  'awaiting-payment reject rejected',
  'awaiting-payment cancel cancelled',
  'awaiting-activation activate active',
  'awaiting-activation reject rejected',
];

describe('an order', () => {
  const moves = Object.keys(orderMoves) as (keyof typeof orderMoves)[];

  test.each(statuses.flatMap((status) => moves.map((move) => ({ status, move }))))(
    'that is $status: $move',
    ({ status, move }) => {
      const wanted = allowed.find((one) => one.startsWith(`${status} ${move} `))?.split(' ')[2];
      if (wanted) expect(nextOrderStatus({ status }, move)).toBe(wanted);
      else expect(() => nextOrderStatus({ status }, move)).toThrow(status);
    },
  );

  test('comes to an end in every way there is, and leaves none', () => {
    const ends = new Set<string>(['active', 'rejected', 'cancelled']);
    const left = new Set(Object.values(orderMoves).flatMap((move) => Object.keys(move)));
    for (const status of statuses) expect(left.has(status)).toBe(!ends.has(status));
  });
});

test('a cancelled service makes no move any more', () => {
  for (const move of Object.values(serviceMoves)) expect(Object.keys(move)).not.toContain('cancelled');
});
