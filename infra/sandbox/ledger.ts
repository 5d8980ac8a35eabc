import { randomBytes } from 'node:crypto';
import * as z from 'zod/mini';
import { isCurrency, largestAmount } from '../../shared/core/money.ts';
import { JsonFile } from '../local/json-file.ts';
import { type Action, offered, type ShownCharge, type TakingAction } from './pages.ts';

export interface SandboxCharge extends ShownCharge {
  key: string;
  accountId: string;
  /** What the gateway keeps of it once it is paid, in the charge's minor units. */
  fee: number;
  createdAt: string;
}

export interface SandboxRefund {
  id: string;
  key: string;
  charge: string;
  amount: number;
  reason: string;
  status: 'refunded';
  createdAt: string;
}

/** What the gateway takes back of a charge by itself; amounts in the charge's minor units. */
export interface SandboxTaking {
  id: string;
  charge: string;
  kind: 'dispute' | 'reversal' | 'refund';
  status: 'open' | 'won' | 'lost' | 'succeeded';
  amount: number;
  /** How much of it is not with the portal's provider now. */
  taken: number;
  fee: number;
  createdAt: string;
  changedAt: string;
}

/** The charges, refunds and takings, oldest first. */
export interface SandboxLedger {
  charges: SandboxCharge[];
  refunds: SandboxRefund[];
  takings: SandboxTaking[];
}

export const text = (longest: number) => z.string().check(z.minLength(1), z.maxLength(longest));
const amount = z.int().check(z.minimum(1), z.maximum(largestAmount));
const currency = z.string().check(z.refine(isCurrency));

export const chargeDraft = z.object({
  key: text(200),
  accountId: text(200),
  amount,
  currency,
  // Characters as people count them, not UTF-16 code units.
  description: z.string().check(z.refine((description) => Array.from(description).length <= 200)),
  returnUrl: z.url({ protocol: /^https?$/ }).check(z.maxLength(2000)),
});

export const refundDraft = z.object({
  key: text(200),
  charge: text(200),
  amount,
  currency: z.optional(currency),
  reason: z.string().check(z.maxLength(500)),
});

export const refusals = {
  invalid: 400,
  'not-found': 404,
  'key-reused': 409,
  'not-paid': 409,
  'too-much': 409,
};

export class Refusal extends Error {
  readonly code: keyof typeof refusals;

  constructor(code: keyof typeof refusals, message: string) {
    super(message);
    this.code = code;
  }
}

export function existing<T>(found: T | undefined): T {
  if (found === undefined) throw new Refusal('not-found', 'There is nothing by this name.');
  return found;
}

export const newId = (prefix: string): string => `${prefix}_${randomBytes(16).toString('hex')}`;

/** The charges, refunds and takings. Every change is synchronous, so that concurrent requests see each other's changes whole. */
export class Ledger {
  readonly #file: JsonFile | null;
  readonly #charges = new Map<string, SandboxCharge>();
  readonly #refunds = new Map<string, SandboxRefund>();
  readonly #takings = new Map<string, SandboxTaking>();

  constructor(path: string | null) {
    this.#file = path === null ? null : new JsonFile(path);
    const saved = this.#file?.load() as Partial<SandboxLedger> | null | undefined;
    for (const charge of saved?.charges ?? []) this.#charges.set(charge.key, charge);
    for (const refund of saved?.refunds ?? []) this.#refunds.set(refund.key, refund);
    for (const taking of saved?.takings ?? []) this.#takings.set(taking.id, taking);
  }

  all(): SandboxLedger {
    return structuredClone({
      charges: [...this.#charges.values()],
      refunds: [...this.#refunds.values()],
      takings: [...this.#takings.values()],
    });
  }

  charge(id: string): SandboxCharge | undefined {
    return [...this.#charges.values()].find((charge) => charge.id === id);
  }

  chargeBy(key: string): SandboxCharge | undefined {
    return this.#charges.get(key);
  }

  refundBy(key: string): SandboxRefund | undefined {
    return this.#refunds.get(key);
  }

  begin(draft: z.output<typeof chargeDraft>, now: Date): SandboxCharge {
    const known = this.#charges.get(draft.key);
    if (!known) {
      const rest = { status: 'created', fee: 0, createdAt: now.toISOString() } as const;
      const charge = { id: newId('ch'), ...draft, ...rest };
      this.#charges.set(draft.key, charge);
      return charge;
    }
    const same = (['accountId', 'amount', 'currency'] as const).every((name) => known[name] === draft[name]);
    if (!same) throw new Refusal('key-reused', 'The key belongs to another charge.');
    return known;
  }

  /** Expires a charge that is still undecided. */
  expire(charge: SandboxCharge): void {
    // A charge that the bank is deciding can no longer be cancelled.
    if (charge.status === 'created') charge.status = 'expired';
  }

  /** Applies the payer's choice, and returns whether it changed anything. A decided charge stays as it is. */
  choose(charge: SandboxCharge, action: Action, fee: number): boolean {
    if (!offered[charge.status].includes(action)) return false;
    if (action === 'pay' || action === 'timeout') Object.assign(charge, { status: 'paid', fee });
    else charge.status = action === 'decline' ? 'declined' : 'pending';
    return true;
  }

  refund(draft: z.output<typeof refundDraft>, now: Date): SandboxRefund {
    const { key, amount, reason, currency } = draft;
    const known = this.#refunds.get(key);
    if (known?.charge === draft.charge && known.amount === amount) return known;
    if (known) throw new Refusal('key-reused', 'The key belongs to another refund.');
    const charge = existing(this.charge(draft.charge));
    if (charge.status !== 'paid') throw new Refusal('not-paid', 'The charge is not paid.');
    if (currency !== undefined && currency !== charge.currency) {
      throw new Refusal('invalid', 'The charge was paid in another currency.');
    }
    if (amount > this.left(charge)) {
      throw new Refusal('too-much', 'That is more than is left of what was paid.');
    }
    const rest = { status: 'refunded', createdAt: now.toISOString() } as const;
    const refund = { id: newId('re'), key, charge: charge.id, amount, reason, ...rest };
    this.#refunds.set(key, refund);
    return refund;
  }

  takingsOf({ id }: SandboxCharge): SandboxTaking[] {
    return [...this.#takings.values()].filter(({ charge }) => charge === id);
  }

  refundsOf({ id }: SandboxCharge): SandboxRefund[] {
    return [...this.#refunds.values()].filter(({ charge }) => charge === id);
  }

  /** What of a paid charge is still with the portal's provider. */
  left(charge: SandboxCharge): number {
    const refunded = this.refundsOf(charge).reduce((sum, { amount }) => sum + amount, 0);
    const taken = this.takingsOf(charge).reduce((sum, each) => sum + each.taken, 0);
    return Math.max(0, charge.amount - refunded - taken);
  }

  /** What the gateway can do by itself with a charge. */
  takingActions(charge: SandboxCharge): TakingAction[] {
    if (charge.status !== 'paid') return [];
    const takings = this.takingsOf(charge);
    if (takings.some(({ status }) => status === 'open')) return ['win', 'lose'];
    const isReversed = takings.some(({ kind }) => kind === 'reversal');
    return [
      ...(this.left(charge) > 0 ? (['dispute', 'refund'] as const) : []),
      ...(isReversed ? [] : (['reverse'] as const)),
    ];
  }

  /**
   * Disputes, reverses or refunds what is left of a charge, or decides its dispute; null where it cannot. A reversal
   * takes the whole charge, whatever of it was given back before.
   */
  take(charge: SandboxCharge, action: TakingAction, fee: number, now: Date): SandboxTaking | null {
    if (!this.takingActions(charge).includes(action)) return null;
    const changedAt = now.toISOString();
    if (action === 'win' || action === 'lose') {
      const open = this.takingsOf(charge).find(({ status }) => status === 'open')!;
      const ended = action === 'win' ? ({ status: 'won', taken: 0 } as const) : ({ status: 'lost' } as const);
      return Object.assign(open, ended, { changedAt });
    }
    const amount = action === 'reverse' ? charge.amount : this.left(charge);
    const made = {
      dispute: { kind: 'dispute', status: 'open', fee },
      reverse: { kind: 'reversal', status: 'succeeded', fee },
      refund: { kind: 'refund', status: 'succeeded', fee: 0 },
    } as const;
    const taking: SandboxTaking = {
      id: newId('tk'),
      charge: charge.id,
      amount,
      taken: amount,
      createdAt: changedAt,
      changedAt,
      ...made[action],
    };
    this.#takings.set(taking.id, taking);
    return taking;
  }

  /** The charges of which something was taken or decided since then. */
  takenSince(since: string): SandboxCharge[] {
    const recent = [...this.#takings.values()].filter(({ changedAt }) => changedAt >= since);
    const ids = new Set(recent.map(({ charge }) => charge));
    return [...this.#charges.values()].filter(({ id }) => ids.has(id));
  }

  async save(): Promise<void> {
    await this.#file?.save(() => this.all());
  }
}
