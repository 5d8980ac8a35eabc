import type { Money } from '../../core/money.ts';

/** What a gateway is asked to take: everything that it tells us again in its events. */
export interface Charge {
  /** Our own key of this charge: the same key never takes money twice. It is the mass payment's id. */
  key: string;
  accountId: string;
  amount: Money;
  /** What the payer reads: the numbers of the invoices, at most 200 characters. */
  description: string;
  /** Where the payer's browser goes afterwards. */
  returnUrl: string;
}

/** What a gateway answers at once, or later when it is asked by our key. */
export type ChargeState =
  /** The payer has to do something: at this address the gateway's own page waits. */
  | { kind: 'redirect'; url: string; reference: string }
  /** The payer is told what to do; nothing more comes from the gateway. */
  | { kind: 'instructions'; text: string }
  /** Begun, and not decided. */
  | { kind: 'pending'; reference: string }
  /** The money was taken. `feeAmount` in the charge's minor units, 0 where the gateway does not tell. */
  | { kind: 'paid'; reference: string; amount: Money; feeAmount: number }
  /** It will not be taken under this key. */
  | { kind: 'failed'; reason: string }
  /** The gateway has never heard of this key. */
  | { kind: 'absent' };

export type RefundState =
  { kind: 'refunded' } | { kind: 'pending' } | { kind: 'failed'; reason: string } | { kind: 'absent' };

/** What a gateway's signed event says of one charge of ours. */
export type GatewayEvent =
  | {
      kind: 'charge';
      key: string;
      accountId: string;
      state: Extract<ChargeState, { kind: 'paid' | 'failed' | 'pending' }>;
    }
  /** Genuine, of a documented type that says nothing we act on. */
  | { kind: 'ignored' };

export interface RefundRequest {
  /** Our own key of this refund: the same key never gives back twice. */
  key: string;
  /** The gateway's reference of the payment. */
  reference: string;
  amount: Money;
  reason: string;
}

/** The event is not the gateway's, too old, or not one it documents: 400 without a word why; nothing is written. */
export class ForgedEvent extends Error {}

/**
 * A payment gateway. Every call may throw: then nobody knows whether it was done, and it is asked again with the
 * same key. An answer is certain.
 */
export interface Gateway {
  name: string;
  /** What a payer reads in the list of methods. */
  label: string;
  /** Begins a charge; with a key that was begun before it answers what is known of that one. */
  start(charge: Charge): Promise<ChargeState>;
  /** What became of the charge with this key. */
  query(charge: Pick<Charge, 'key' | 'accountId'> & { reference: string | null }): Promise<ChargeState>;
  /** Ends a charge that was begun and not paid; answers what it is then: failed, or paid where the payer was faster. */
  expire(charge: Pick<Charge, 'key' | 'accountId'> & { reference: string | null }): Promise<ChargeState>;
  refund(refund: RefundRequest): Promise<RefundState>;
  queryRefund(refund: Pick<RefundRequest, 'key' | 'reference'>): Promise<RefundState>;
  /**
   * Reads an event, once its signature over the raw body and its age are found good.
   * @throws ForgedEvent otherwise
   */
  readEvent(event: {
    rawBody: string;
    headers: Record<string, string | undefined>;
    now: Date;
  }): Promise<GatewayEvent>;
}
