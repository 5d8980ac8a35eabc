import { type Money, moneyText } from '../../core/money.ts';
import type { Charge, Gateway } from './gateway.ts';

/** The payment methods that this provider has switched on, in the order in which payers see them. */
export interface Gateways {
  get(method: string): Gateway | undefined;
  /** The names of all that are switched on. */
  names(): readonly string[];
  /** Those that take exactly this amount. */
  methods(amount: Money): Promise<{ id: string; label: string }[]>;
}

export function gatewaysOf(gateways: readonly Gateway[]): Gateways {
  const byName = new Map(gateways.map((gateway) => [gateway.name, gateway]));
  return {
    get: (method) => byName.get(method),
    names: () => [...byName.keys()],
    methods: async (amount) =>
      gateways
        .filter((gateway) => gateway.takes?.(amount) ?? true)
        .map(({ name, label }) => ({ id: name, label })),
  };
}

/** Defaults of our own gateways: they send no events, settle refunds at once and take nothing back. */
const passiveGateway = {
  readEvent: () => Promise.reject(new Error('This gateway sends no events')),
  queryRefund: async () => ({ kind: 'refunded' as const }),
  refund: async () => ({ kind: 'refunded' as const }),
  takings: async () => [],
  takenSince: async () => [],
};

/** The account's credit. The portal spends it in its own transaction and never starts a charge. */
export const creditGateway: Gateway = {
  ...passiveGateway,
  name: 'credit',
  label: 'Account credit',
  start: () => Promise.reject(new Error('Credit is taken by the portal itself')),
  query: async () => ({ kind: 'absent' }),
  expire: async () => ({ kind: 'absent' }),
};

export const bankTransferMethod = 'bank-transfer';

/** Bank transfer: the payer gets instructions, and staff record the money when it has arrived. */
export function bankTransferGateway(instructions: () => Promise<string>): Gateway {
  return {
    ...passiveGateway,
    name: bankTransferMethod,
    label: 'Bank transfer',
    start: async (charge) => ({ kind: 'instructions', text: await bankText(charge, instructions) }),
    query: async () => ({ kind: 'instructions', text: await instructions() }),
    expire: async () => ({ kind: 'failed', reason: 'The money is noted when it has come.' }),
  };
}

async function bankText(
  { amount, description, transferReference }: Charge,
  instructions: () => Promise<string>,
): Promise<string> {
  const quoted = transferReference ?? description;
  const purpose = quoted === description ? '' : `\nIt is for: ${description}`;
  const intro = `Please transfer ${moneyText(amount)} and quote: ${quoted}${purpose}`;
  const instructionText = await instructions();
  return instructionText === '' ? intro : `${intro}\n\n${instructionText}`;
}
