import { randomBytes } from 'node:crypto';
import * as z from 'zod/mini';
import { isCurrency, largestAmount } from '../../shared/core/money.ts';
import { JsonFile } from '../local/json-file.ts';
import { type Action, offered, type ShownCharge } from './pages.ts';

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

/** The charges and refunds, oldest first. */
export interface SandboxLedger {
  charges: SandboxCharge[];
  refunds: SandboxRefund[];
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

/** The charges and refunds. Every change is synchronous, so that concurrent requests see each other's changes whole. */
export class Ledger {
  readonly #file: JsonFile | null;
  readonly #charges = new Map<string, SandboxCharge>();
  readonly #refunds = new Map<string, SandboxRefund>();

  constructor(path: string | null) {
    this.#file = path === null ? null : new JsonFile(path);
    const saved = this.#file?.load() as Partial<SandboxLedger> | null | undefined;
    for (const charge of saved?.charges ?? []) this.#charges.set(charge.key, charge);
    for (const refund of saved?.refunds ?? []) this.#refunds.set(refund.key, refund);
  }

  all(): SandboxLedger {
    return structuredClone({ charges: [...this.#charges.values()], refunds: [...this.#refunds.values()] });
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
    const before = [...this.#refunds.values()].filter((refund) => refund.charge === charge.id);
    const given = before.reduce((sum, refund) => sum + refund.amount, 0);
    if (given + amount > charge.amount) {
      throw new Refusal('too-much', 'That is more than is left of what was paid.');
    }
    const rest = { status: 'refunded', createdAt: now.toISOString() } as const;
    const refund = { id: newId('re'), key, charge: charge.id, amount, reason, ...rest };
    this.#refunds.set(key, refund);
    return refund;
  }

  async save(): Promise<void> {
    await this.#file?.save(() => this.all());
  }
}
