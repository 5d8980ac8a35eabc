import * as z from 'zod/mini';
import { isCurrency, largestAmount } from '../../core/money.ts';
import {
  type ChargeState,
  ForgedEvent,
  type Gateway,
  type GatewayEvent,
  type PaidCharge,
  type RefundState,
  type Taking,
} from './gateway.ts';
import { signatureHeader, verify } from './sandbox-signature.ts';

export interface SandboxOptions {
  /** The sandbox's address. */
  url: string;
  /** The secret that signs its events. */
  webhookSecret: string;
  timeoutMs?: number;
}

const amount = z.int().check(z.minimum(1), z.maximum(largestAmount));
const fee = z.int().check(z.minimum(0), z.maximum(largestAmount));
const currency = z.string().check(z.refine(isCurrency));

const chargeAnswer = z.object({
  id: z.string(),
  key: z.string(),
  accountId: z.string(),
  url: z.url(),
  status: z.enum(['created', 'pending', 'paid', 'declined', 'expired']),
  amount,
  currency,
  fee,
});
type ChargeAnswer = z.output<typeof chargeAnswer>;

const refundAnswer = z.object({ key: z.string(), charge: z.string(), status: z.literal('refunded') });

const takingsAnswer = z.object({
  takings: z.array(
    z.object({
      id: z.string(),
      charge: z.string(),
      /** Of a refund that we asked for. */
      key: z.optional(z.string()),
      kind: z.enum(['dispute', 'reversal', 'refund']),
      status: z.enum(['open', 'won', 'lost', 'succeeded']),
      createdAt: z.string(),
      amount,
      currency,
      taken: z.int().check(z.minimum(0), z.maximum(largestAmount)),
      fee,
    }),
  ),
});

const takenAnswer = z.object({
  charges: z.array(z.object({ charge: z.string(), key: z.string(), accountId: z.string() })),
});

/** The sandbox's form of a refusal. A 404 in another form is not the sandbox's, and says nothing about a charge. */
const refusal = z.object({
  error: z.enum(['invalid', 'not-found', 'key-reused', 'not-paid', 'too-much']),
  message: z.string(),
});
type Refusal = z.output<typeof refusal>;

const event = z.object({
  id: z.string().check(z.regex(/^evt_/)),
  type: z.enum(['charge.paid', 'charge.declined', 'charge.pending', 'charge.taking']),
  createdAt: z.string(),
  data: z.object({
    charge: z.string(),
    key: z.string(),
    accountId: z.string(),
    amount,
    currency,
    fee,
    /** What was taken back, or has changed. */
    taking: z.optional(z.object({ id: z.string(), kind: z.string() })),
  }),
});

const declined = { kind: 'failed', reason: 'The payment was declined.' } as const;
const expired = { kind: 'failed', reason: 'The payment was not made in time.' } as const;

function stateOf(charge: ChargeAnswer): ChargeState {
  const { id: reference, url, status, amount, currency, fee } = charge;
  switch (status) {
    case 'created':
      return { kind: 'redirect', url, reference };
    case 'pending':
      return { kind: 'pending', reference };
    case 'paid':
      return { kind: 'paid', reference, amount: { amount, currency }, feeAmount: fee };
    case 'declined':
      return declined;
    case 'expired':
      return expired;
  }
}

/** The sandbox refused, but that does not show what became of the key: the outcome is unknown. */
function uncertain({ error, message }: Refusal): Error {
  return new Error(`The sandbox gateway refused (${error}): ${message}`);
}

/** Calls the sandbox. A refusal in its own form is an answer too; anything else throws. */
function client({ url, timeoutMs = 8000 }: SandboxOptions) {
  const base = url.replace(/\/+$/, '');
  return async <T>(
    schema: z.ZodMiniType<T>,
    path: string,
    body?: object,
  ): Promise<{ answer: T; refused?: undefined } | { answer?: undefined; refused: Refusal }> => {
    const response = await fetch(`${base}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    if (response.ok) return { answer: schema.parse(JSON.parse(text)) };
    const refused = response.status < 500 ? refusal.safeParse(parsed(text)) : undefined;
    if (!refused?.success) throw new Error(`The sandbox gateway answered ${response.status}`);
    return { refused: refused.data };
  };
}

/** The JSON in a text, or undefined where it is invalid. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function readEvent(rawBody: string): GatewayEvent {
  const read = event.safeParse(parsed(rawBody));
  if (!read.success) throw new ForgedEvent('The event is none that the sandbox documents');
  const { charge: reference, key, accountId, amount, currency, fee, taking } = read.data.data;
  const of = { kind: 'charge', key, accountId } as const;
  switch (read.data.type) {
    case 'charge.paid':
      return { ...of, state: { kind: 'paid', reference, amount: { amount, currency }, feeAmount: fee } };
    case 'charge.declined':
      return { ...of, state: declined };
    case 'charge.pending':
      return { ...of, state: { kind: 'pending', reference } };
    case 'charge.taking': {
      if (!taking) throw new ForgedEvent('The event does not name what was taken');
      const charge = { key, accountId, reference };
      return { kind: 'taking', charge, id: taking.id, isReversal: taking.kind === 'reversal' };
    }
  }
}

type Ask = ReturnType<typeof client>;

async function takingsOf(ask: Ask, reference: string): Promise<Taking[]> {
  const { answer, refused } = await ask(takingsAnswer, `/takings?charge=${encodeURIComponent(reference)}`);
  if (!answer) throw uncertain(refused);
  return answer.takings.map(({ id, key, kind, status, createdAt: at, taken, fee: feeAmount, ...of }) => {
    const money = { amount: of.amount, currency: of.currency };
    const taking = { id, kind, status, at, amount: money, taken, feeAmount };
    return key === undefined ? taking : { ...taking, key };
  });
}

async function takenSince(ask: Ask, since: Date): Promise<PaidCharge[]> {
  const { answer, refused } = await ask(takenAnswer, `/takings?since=${since.toISOString()}`);
  if (!answer) throw uncertain(refused);
  return answer.charges.map(({ charge: reference, ...of }) => ({ ...of, reference }));
}

/** The gateway of the one-machine cloud: pages on which a payer chooses the outcome, and no real money. */
export function sandboxGateway(options: SandboxOptions): Gateway {
  const ask = client(options);

  /** An answer about another charge than the one asked for is refused. */
  const checked = (of: { key: string; accountId: string }, answer: ChargeAnswer): ChargeAnswer => {
    if (answer.key === of.key && answer.accountId === of.accountId) return answer;
    throw new Error(`The sandbox gateway answered for another charge than ${of.key}`);
  };

  const chargeBy = async (of: { key: string; accountId: string }): Promise<ChargeAnswer | null> => {
    const { answer, refused } = await ask(chargeAnswer, `/charges?key=${encodeURIComponent(of.key)}`);
    if (answer) return checked(of, answer);
    if (refused.error === 'not-found') return null;
    throw uncertain(refused);
  };

  const refundStateOf = (of: { key: string; reference: string }, answer: z.output<typeof refundAnswer>) => {
    if (answer.key !== of.key || answer.charge !== of.reference) {
      throw new Error(`The sandbox gateway answered for another refund than ${of.key}`);
    }
    return { kind: answer.status } satisfies RefundState;
  };

  return {
    name: 'sandbox',
    label: 'Sandbox (no real money)',

    async start({ key, accountId, amount: money, description, returnUrl }) {
      const request = { key, accountId, ...money, description, returnUrl };
      const { answer, refused } = await ask(chargeAnswer, '/charges', request);
      if (answer) return stateOf(checked(request, answer));
      // A key in use for another amount is not a failure: money may have been taken under it.
      if (refused.error !== 'invalid') throw uncertain(refused);
      return { kind: 'failed', reason: 'The gateway does not accept this payment.' };
    },

    async query(charge) {
      const existing = await chargeBy(charge);
      return existing ? stateOf(existing) : { kind: 'absent' };
    },

    async expire(charge) {
      const reference = charge.reference ?? (await chargeBy(charge))?.id;
      if (reference === undefined) return { kind: 'absent' };
      const path = `/charges/${encodeURIComponent(reference)}/expire`;
      const { answer, refused } = await ask(chargeAnswer, path, {});
      if (answer) return stateOf(checked(charge, answer));
      if (refused.error === 'not-found') return { kind: 'absent' };
      throw uncertain(refused);
    },

    async refund({ key, reference, amount: money, reason }) {
      const request = { key, charge: reference, ...money, reason };
      const { answer, refused } = await ask(refundAnswer, '/refunds', request);
      if (answer) return refundStateOf({ key, reference }, answer);
      // A refund was made under a key in use for another request.
      if (refused.error === 'key-reused') throw uncertain(refused);
      return { kind: 'failed', reason: refused.message };
    },

    async queryRefund(refund) {
      const path = `/refunds?key=${encodeURIComponent(refund.key)}`;
      const { answer, refused } = await ask(refundAnswer, path);
      if (answer) return refundStateOf(refund, answer);
      if (refused.error === 'not-found') return { kind: 'absent' };
      throw uncertain(refused);
    },

    takings: ({ reference }) => takingsOf(ask, reference),

    takenSince: (since) => takenSince(ask, since),

    async readEvent({ rawBody, headers, now }) {
      if (!verify(options.webhookSecret, headers[signatureHeader], rawBody, now)) {
        throw new ForgedEvent('The event has no good signature of the sandbox');
      }
      return readEvent(rawBody);
    },
  };
}
