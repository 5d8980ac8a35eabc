import type { Action, Key } from '../../shared/table/table.ts';
import type { Sabotage } from './payment-world.ts';

/** Writes whose condition is left out. */
const unconditional = (chosen: (key: string, action: Action) => boolean): Sabotage => ({
  transact: (actions) =>
    actions.map((action) =>
      'check' in action || !chosen(keyOf(action), action) ? action : { ...action, when: undefined },
    ),
});

/** Writes that are left out: they go where nobody looks, so that the others of their transaction keep their places. */
const without = (chosen: (key: string, action: Action) => boolean): Sabotage => ({
  transact: (actions) =>
    actions.map((action) =>
      chosen(keyOf(action), action) ? { put: { pk: 'NOWHERE', sk: `${++lost}` } } : action,
    ),
});

let lost = 0;

function keyOf(action: Action): string {
  const key: Key =
    'put' in action
      ? action.put
      : 'delete' in action
        ? action.delete
        : 'check' in action
          ? action.check
          : action.update;
  return `${key.pk} ${key.sk}`;
}

const isInvoice = (key: string) => key.includes(' INVOICE#inv_');
const isHold = (key: string, action: Action) =>
  isInvoice(key) && 'update' in action && action.set?.['heldBy'] !== undefined;

/** Whether a transaction shares what a gateway took back. */
const sharesTaking = (actions: readonly Action[]) =>
  actions.some((action) => 'put' in action && action.put['kind'] === 'taking');

const notInvoices = without(isInvoice);

let charges = 0;

/** Every guard that the simulation was seen to miss, by what goes without it. */
export const sabotages: Record<string, Sabotage> = {
  'a mass payment changes whatever it was when it was read': unconditional((key) =>
    key.includes(' MASS-PAYMENT#'),
  ),
  'an invoice changes whatever it was when it was read': unconditional(
    (key, action) => isInvoice(key) && !isHold(key, action),
  ),
  'a payment changes whatever it was when it was read': unconditional((key) => key.includes(' PAYMENT#')),
  'an invoice is held whoever holds it': unconditional(isHold),
  'an invoice is not held': without(isHold),
  'credit is spent whatever there is of it': unconditional((key) => key.includes(' CREDIT#')),
  'a number is given out whatever was the last one': unconditional(
    (key) => key.startsWith('NUMBERS') || key.startsWith('INVOICE-NUMBER#'),
  ),
  'money is recorded whoever recorded it': unconditional((key) => key.startsWith('RECEIVED#')),
  'money is assigned whoever assigned it': unconditional((key) => key.startsWith('UNASSIGNED-MONEY')),
  'a request is answered whoever answered it': unconditional((key) => key.startsWith('IDEMPOTENCY#')),
  'no request is remembered': without((key) => key.startsWith('IDEMPOTENCY#')),
  'nothing is booked': without((key) => key.includes(' JOURNAL#')),
  'a transaction can stop half way': { torn: true },
  'a gateway is asked under a new key each time': { chargeKey: (key) => `${key}-${++charges}` },
  'nobody looks after payments': { noJanitor: true },
  'our own refunds are taken for the gateway’s': {
    takings: (told) => told.map((taking) => ({ ...taking, key: 'unknown' })),
  },
  'the gateway tells nothing of what it took': { takings: () => [] },
  'a dispute is over once it was told': {
    takings: (told) => told.map((taking) => ({ ...taking, status: 'lost', taken: taking.amount.amount })),
  },
  'no invoice is opened for what was taken': {
    transact: (actions) => (sharesTaking(actions) ? notInvoices.transact!(actions) : actions),
  },
};

/** The seed that noticed each of them, so that one run tells; where the portal has changed since, a later seed does. */
export const noticedBy: Record<string, number> = {
  'a mass payment changes whatever it was when it was read': 7,
  'an invoice changes whatever it was when it was read': 16,
  'a payment changes whatever it was when it was read': 39,
  'an invoice is held whoever holds it': 10,
  'an invoice is not held': 2,
  'credit is spent whatever there is of it': 161,
  'a number is given out whatever was the last one': 15,
  'money is recorded whoever recorded it': 1,
  'money is assigned whoever assigned it': 27,
  'a request is answered whoever answered it': 1,
  'no request is remembered': 1,
  'nothing is booked': 1,
  'a transaction can stop half way': 1,
  'a gateway is asked under a new key each time': 7,
  'nobody looks after payments': 4,
  'our own refunds are taken for the gateway’s': 142,
  'the gateway tells nothing of what it took': 6,
  'a dispute is over once it was told': 6,
  'no invoice is opened for what was taken': 6,
};
