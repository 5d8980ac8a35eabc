import {
  type Charge,
  type ChargeState,
  ForgedEvent,
  type Gateway,
  type GatewayEvent,
  type PaidCharge,
  type RefundRequest,
  type RefundState,
  type Taking,
} from '../../../shared/payments/gateways/gateway.ts';
import type { Money } from '../../../shared/core/money.ts';

interface KeptCharge extends Charge {
  reference: string;
  status: 'created' | 'pending' | 'paid' | 'declined' | 'expired';
  /** How often money was taken under this key: once, unless the payer's bank was asked twice. */
  taken: number;
}

/**
 * A payment gateway in memory, which keeps a ledger of its own: what it took and gave back, whatever its callers came
 * to know of it. The payer's part is played by `act`.
 */
export class MemoryGateway implements Gateway {
  readonly name = 'sandbox';
  readonly label = 'Sandbox';
  readonly charges = new Map<string, KeptCharge>();
  readonly refunds = new Map<string, RefundRequest>();
  /** What it took back by itself, by its id. */
  readonly took = new Map<string, Taking & { charge: string }>();
  fee = 0;
  /** Called before a call is carried out and before its answer gets out; throwing loses the call or the answer. */
  before: (call: string) => Promise<void> | void = () => {};
  after: (call: string) => Promise<void> | void = () => {};

  async start(charge: Charge): Promise<ChargeState> {
    return this.#answer('start', () => {
      const known = this.charges.get(charge.key);
      if (!known) {
        const reference = `ch_${this.charges.size + 1}`;
        this.charges.set(charge.key, { ...charge, reference, status: 'created', taken: 0 });
      } else if (known.amount.amount !== charge.amount.amount) throw new Error('The key was used before');
      return this.#stateOf(charge.key);
    });
  }

  async query({ key }: Pick<Charge, 'key'>): Promise<ChargeState> {
    return this.#answer('query', () => this.#stateOf(key));
  }

  async expire({ key }: Pick<Charge, 'key'>): Promise<ChargeState> {
    return this.#answer('expire', () => {
      const charge = this.charges.get(key);
      if (charge && charge.status === 'created') charge.status = 'expired';
      return this.#stateOf(key);
    });
  }

  async refund(refund: RefundRequest): Promise<RefundState> {
    return this.#answer('refund', () => {
      if (this.refunds.has(refund.key)) return { kind: 'refunded' };
      const charge = [...this.charges.values()].find((each) => each.reference === refund.reference);
      if (!charge || this.kept(refund.reference) < refund.amount.amount) {
        return { kind: 'failed', reason: 'more than was taken' };
      }
      this.refunds.set(refund.key, refund);
      return { kind: 'refunded' };
    });
  }

  async queryRefund({ key }: Pick<RefundRequest, 'key'>): Promise<RefundState> {
    return this.#answer('queryRefund', () =>
      this.refunds.has(key) ? { kind: 'refunded' } : { kind: 'absent' },
    );
  }

  async takings({ key, accountId, reference }: PaidCharge): Promise<Taking[]> {
    return this.#answer('takings', () => {
      const charge = this.charges.get(key);
      if (charge?.accountId !== accountId || charge.reference !== reference)
        throw new Error('No such charge');
      const asked = [...this.refunds.values()].filter((refund) => refund.reference === reference);
      const ours = asked.map(({ key: of, amount }): Taking => {
        const rest = { at: '2026-03-01T10:00:00Z', taken: amount.amount, feeAmount: 0, key: of };
        return { id: `re_${of}`, kind: 'refund', status: 'succeeded', amount, ...rest };
      });
      const theirs = [...this.took.values()].filter((taking) => taking.charge === key);
      return [...ours, ...theirs];
    });
  }

  async takenSince(): Promise<PaidCharge[]> {
    return this.#answer('takenSince', () => {
      const keys = [...new Set([...this.took.values()].map(({ charge }) => charge))];
      return keys.map((key) => {
        const { accountId, reference } = this.charges.get(key)!;
        return { key, accountId, reference };
      });
    });
  }

  /** The gateway takes so much of a charge back; for a dispute without `taken` it waits for how that ends. */
  takeBack(
    key: string,
    kind: Taking['kind'],
    amount: number,
    { taken = amount, feeAmount = 0, currency = 'GBP' } = {},
  ): string {
    const id = `tk_${this.took.size + 1}`;
    const status = kind === 'dispute' ? 'open' : 'succeeded';
    const at = '2026-03-02T10:00:00Z';
    const taking = { id, kind, status, at, amount: { amount, currency }, taken, feeAmount } as const;
    this.took.set(id, { ...taking, charge: key });
    return id;
  }

  /** It decides a dispute, or changes what it took otherwise. */
  decide(id: string, changes: Partial<Taking>): void {
    const taking = this.took.get(id)!;
    const taken = { won: 0, lost: taking.amount.amount }[changes.status as string] ?? taking.taken;
    this.took.set(id, { ...taking, taken, ...changes });
  }

  /** The event that tells of a taking: the gateway is asked how it stands. */
  takingEvent(id: string): { body: string; headers: Record<string, string> } {
    const taking = this.took.get(id)!;
    const { accountId, reference } = this.charges.get(taking.charge)!;
    const charge = { key: taking.charge, accountId, reference };
    const body = JSON.stringify({ kind: 'taking', charge, id, isReversal: taking.kind === 'reversal' });
    return { body, headers: { 'x-signature': 'genuine' } };
  }

  /** Events are JSON; whoever knows the word has signed them. */
  async readEvent(event: {
    rawBody: string;
    headers: Record<string, string | undefined>;
  }): Promise<GatewayEvent> {
    if (event.headers['x-signature'] !== 'genuine') throw new ForgedEvent('The signature is wrong');
    return JSON.parse(event.rawBody) as GatewayEvent;
  }

  /** What the payer does on the gateway's page. */
  act(key: string, what: 'pay' | 'decline' | 'pending'): void {
    const charge = this.charges.get(key);
    if (!charge || !['created', 'pending'].includes(charge.status)) return;
    if (what === 'pay') Object.assign(charge, { status: 'paid', taken: charge.taken + 1 });
    else charge.status = what === 'decline' ? 'declined' : 'pending';
  }

  /** The event that tells how a charge stands; null where there is nothing to tell. */
  eventFor(key: string): { body: string; headers: Record<string, string> } | null {
    const charge = this.charges.get(key);
    const state = charge && this.#stateOf(key);
    if (!state || !['paid', 'failed', 'pending'].includes(state.kind)) return null;
    const body = JSON.stringify({ kind: 'charge', key, accountId: charge.accountId, state });
    return { body, headers: { 'x-signature': 'genuine' } };
  }

  /** What is left of a charge with us, in minor units. */
  kept(reference: string): number {
    const charge = [...this.charges.values()].find((each) => each.reference === reference);
    const back = [...this.refunds.values()].filter((refund) => refund.reference === reference);
    const taken = charge ? charge.taken * charge.amount.amount : 0;
    const gone = [...this.took.values()].filter((each) => each.charge === charge?.key);
    return (
      taken -
      gone.reduce((all, each) => all + each.taken, 0) -
      back.reduce((all, refund) => all + refund.amount.amount, 0)
    );
  }

  /** All money that this gateway holds for an account, less its fees. */
  total(accountId: string, currency = 'GBP'): number {
    const own = [...this.charges.values()].filter(
      (charge) => charge.accountId === accountId && charge.amount.currency === currency,
    );
    const fees = [...this.took.values()]
      .filter((taking) => own.some(({ key }) => key === taking.charge))
      .reduce((all, { feeAmount }) => all + feeAmount, 0);
    const kept = own.reduce((all, charge) => all + this.kept(charge.reference) - charge.taken * this.fee, 0);
    return kept - fees;
  }

  async #answer<T>(call: string, work: () => T): Promise<T> {
    await this.before(call);
    const answer = work();
    await this.after(call);
    return answer;
  }

  #stateOf(key: string): ChargeState {
    const charge = this.charges.get(key);
    if (!charge) return { kind: 'absent' };
    const { reference, status } = charge;
    const amount: Money = charge.amount;
    switch (status) {
      case 'created':
        return { kind: 'redirect', url: `https://pay.test/${reference}`, reference };
      case 'pending':
        return { kind: 'pending', reference };
      case 'paid':
        return { kind: 'paid', reference, amount, feeAmount: this.fee };
      case 'declined':
        return { kind: 'failed', reason: 'The payment was declined.' };
      case 'expired':
        return { kind: 'failed', reason: 'The payment was not made in time.' };
    }
  }
}
