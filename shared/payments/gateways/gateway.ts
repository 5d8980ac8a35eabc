import type { Money } from '../../core/money.ts';

/** A charge for a gateway to take. Its events name the key, the account and the amount again. */
export interface Charge {
  /** Our idempotency key of the charge, the mass payment's id: the same key never takes money twice. */
  key: string;
  accountId: string;
  amount: Money;
  /** Shown to the payer: the numbers of the invoices, at most 200 characters. */
  description: string;
  /** What the payer quotes on a bank transfer, by which its money is found. */
  transferReference?: string;
  /** Where the payer's browser is sent afterwards. */
  returnUrl: string;
}

/** A gateway's answer at once, or later when it is queried by our key. */
export type ChargeState =
  /** The payer has to act on the gateway's own page. */
  | { kind: 'redirect'; url: string; reference: string }
  /** The payer gets instructions; the gateway sends no events. */
  | { kind: 'instructions'; text: string }
  /** Started, and not decided. */
  | { kind: 'pending'; reference: string }
  /** The money was taken. `feeAmount` in the charge's minor units, 0 where the gateway does not report it. */
  | { kind: 'paid'; reference: string; amount: Money; feeAmount: number }
  /** No money will be taken under this key. */
  | { kind: 'failed'; reason: string }
  /** The gateway does not know this key. */
  | { kind: 'absent' };

export type RefundState =
  { kind: 'refunded' } | { kind: 'pending' } | { kind: 'failed'; reason: string } | { kind: 'absent' };

/** A charge whose money was taken, and its gateway's reference of the payment. */
export interface PaidCharge {
  key: string;
  accountId: string;
  reference: string;
}

/**
 * What a gateway took back of a payment or may take back, as it stands when it is asked: a dispute, a reversal, or a
 * refund that was made in the gateway's own page.
 */
export interface Taking {
  /** The gateway's own id of it. */
  id: string;
  kind: 'dispute' | 'reversal' | 'refund';
  /** Disputes end as `won` or `lost`, the others as `succeeded` or `failed`. */
  status: 'open' | 'won' | 'lost' | 'succeeded' | 'failed';
  at: string;
  /** What is disputed, or goes back to the payer. */
  amount: Money;
  /** How much of the payment's money is with us no more by it, in minor units; 0 again once it is returned. */
  taken: number;
  /** What the gateway asks for it, in the same units. */
  feeAmount: number;
  /** Of a refund that we asked for: our key of it. */
  key?: string;
}

/** A gateway's signed event about one charge of ours. */
export type GatewayEvent =
  /** Something was taken back, or that has changed: what, the gateway is asked. */
  | { kind: 'taking'; charge: PaidCharge; id: string; isReversal: boolean }
  | {
      kind: 'charge';
      key: string;
      accountId: string;
      state: Extract<ChargeState, { kind: 'paid' | 'failed' | 'pending' }>;
    }
  /** A genuine event of a documented type that we do not act on. */
  | { kind: 'ignored' };

export interface RefundRequest {
  /** Our idempotency key of the refund: the same key never refunds twice. */
  key: string;
  /** The gateway's reference of the payment. */
  reference: string;
  amount: Money;
  reason: string;
}

/**
 * The event is not the gateway's, too old, or not documented: answered with 400 without a reason; nothing is written.
 */
export class ForgedEvent extends Error {}

/**
 * A payment gateway. After a call that throws the outcome is unknown, and the call is repeated with the same key. An
 * answer is certain.
 */
export interface Gateway {
  name: string;
  /** The method's name for payers. */
  label: string;
  /** Whether it takes exactly this amount in this currency; without it, any. */
  takes?(amount: Money): boolean;
  /** Starts a charge; for a key that was started before, answers the state of that charge. */
  start(charge: Charge): Promise<ChargeState>;
  /** The state of the charge with this key. */
  query(charge: Pick<Charge, 'key' | 'accountId'> & { reference: string | null }): Promise<ChargeState>;
  /** Ends an unpaid charge; answers its state then: failed, or paid where the payer was faster. */
  expire(charge: Pick<Charge, 'key' | 'accountId'> & { reference: string | null }): Promise<ChargeState>;
  refund(refund: RefundRequest): Promise<RefundState>;
  queryRefund(refund: Pick<RefundRequest, 'key' | 'reference'>): Promise<RefundState>;
  /**
   * All that was taken back of a paid charge, our own refunds included. `ids` are those that are known already, for a
   * gateway that does not list them all.
   */
  takings(charge: PaidCharge, ids: readonly string[]): Promise<Taking[]>;
  /** Paid charges of which something was taken back or disputed since then, as far as the gateway lists that. */
  takenSince(since: Date): Promise<PaidCharge[]>;
  /**
   * Reads an event after checking its age and its signature over the raw body.
   * @throws ForgedEvent where a check fails
   */
  readEvent(event: {
    rawBody: string;
    headers: Record<string, string | undefined>;
    now: Date;
  }): Promise<GatewayEvent>;
}
