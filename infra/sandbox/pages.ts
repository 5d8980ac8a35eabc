import { moneyText } from '../../shared/core/money.ts';
import { escaped, PAGE_HEADERS } from '../local/http/page.ts';

export type ChargeStatus = 'created' | 'pending' | 'paid' | 'declined' | 'expired';
export type Action = 'pay' | 'decline' | 'pending' | 'timeout';

/** What the gateway does by itself with a charge that is paid. */
export const takingActions = ['dispute', 'win', 'lose', 'refund', 'reverse'] as const;
export type TakingAction = (typeof takingActions)[number];

/** What a payer sees of a charge. */
export interface ShownCharge {
  id: string;
  description: string;
  amount: number;
  currency: string;
  status: ChargeStatus;
  returnUrl: string;
}

/** The actions offered to a payer. A charge that is paid, declined or expired stays so. */
export const offered: Record<ChargeStatus, readonly Action[]> = {
  created: ['pay', 'decline', 'pending', 'timeout'],
  pending: ['pay', 'decline'],
  paid: [],
  declined: [],
  expired: [],
};

const actions: Record<Action | TakingAction, { button: string; hint: string }> = {
  pay: { button: 'Pay', hint: 'The money is taken and the portal is told.' },
  decline: { button: 'Decline', hint: 'The bank says no; the portal is told.' },
  pending: { button: 'Leave pending', hint: 'The bank takes its time; it can be paid or declined later.' },
  timeout: {
    button: 'Time out',
    hint: 'The money is taken, but the answer is lost and the portal is not told.',
  },
  dispute: { button: 'Dispute', hint: 'The payer disputes the payment; the money is withdrawn until then.' },
  win: { button: 'Win dispute', hint: 'It is decided for the provider; the money comes back.' },
  lose: { button: 'Lose dispute', hint: 'It is decided for the payer, who keeps the money.' },
  refund: { button: 'Refund', hint: 'The provider gives the rest back here, not in the portal.' },
  reverse: { button: 'Reverse', hint: 'The whole payment is taken back, whatever was given back before.' },
};

const statuses: Record<ChargeStatus, string> = {
  created: 'Waiting for payment.',
  pending: 'Pending: the bank has not decided yet.',
  paid: 'Paid.',
  declined: 'Declined. No money was taken.',
  expired: 'Expired. It can no longer be paid.',
};

const style = `body{font:17px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff;margin:2rem auto;max-width:32rem;padding:0 1rem}
h1{font-size:1.4rem}p,dd,span{overflow-wrap:anywhere}dt{color:#555}dd{margin:0 0 .6rem}.amount{font-size:1.6rem;font-weight:600}
form{margin:.8rem 0}button{font:inherit;min-width:10rem;padding:.5rem 1rem;border:1px solid #1a4d8f;border-radius:.3rem;background:#1a4d8f;color:#fff}
button:focus-visible,a:focus-visible{outline:3px solid #e08a00;outline-offset:2px}span{display:block;color:#555}`;

function page(title: string, body: string): string {
  return (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">' +
    '<meta name="viewport" content="width=device-width, initial-scale=1">' +
    `<title>${escaped(title)}</title><style>${style}</style></head><body><main>${body}</main></body></html>`
  );
}

/** The pages load and run nothing, and their forms lead to this gateway alone. */
export function pageHeaders(): Record<string, string> {
  return {
    ...PAGE_HEADERS,
    // Without any referrer a browser would send the forms with the origin `null`, which is refused.
    'referrer-policy': 'same-origin',
    'content-security-policy':
      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
  };
}

function form(charge: ShownCharge, action: Action | TakingAction): string {
  const { button, hint } = actions[action];
  const target = `/pay/${encodeURIComponent(charge.id)}/${action}`;
  return (
    `<form name="${action}" method="post" action="${escaped(target)}">` +
    `<button type="submit" aria-describedby="${action}-hint">${button}</button>` +
    `<span id="${action}-hint">${hint}</span></form>`
  );
}

/** The page of a charge, with what can be done with it: by its payer, or, once it is paid, by the gateway. */
export function chargePage(charge: ShownCharge, takings: readonly TakingAction[]): string {
  const forms = [...offered[charge.status], ...takings].map((action) => form(charge, action)).join('');
  return page(
    'Sandbox payment',
    '<h1>Sandbox payment</h1><p>Nothing here is real: choose how the payment ends.</p>' +
      `<dl><dt>For</dt><dd>${escaped(charge.description)}</dd>` +
      `<dt>Amount</dt><dd class="amount">${escaped(moneyText(charge))}</dd></dl>` +
      `<p role="status">${statuses[charge.status]}</p>${forms}` +
      `<p><a href="${escaped(charge.returnUrl)}">Back to the portal</a></p>`,
  );
}

export const lostPage = (): string =>
  page(
    'No answer',
    '<h1>No answer</h1><p>The gateway did not answer in time. Nobody knows how it ended.</p>',
  );

export const missingPage = (): string =>
  page('No such payment', '<h1>No such payment</h1><p>There is no payment at this address.</p>');
