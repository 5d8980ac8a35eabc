import { decide, permissionsOf } from '../access/decide.ts';
import type { PeopleStore } from '../accounts/people-store.ts';
import { refusal } from '../http/refusal.ts';
import { type RequestContext, requestContext } from '../http/request.ts';

declare const mayPay: unique symbol;

/**
 * A request in the account that pays, by somebody who may spend its money. Whatever begins a payment for a person takes
 * one, and `payingContext` alone makes it.
 */
export type PayingContext = RequestContext & { readonly [mayPay]: true };

/** What the caller's own access to the account that pays says of spending its money, whichever path is used. */
function decidePaying({ caller, now }: RequestContext, payerId: string) {
  return decide(caller, payerId, 'invoices', now);
}

export function mayPayFor(context: RequestContext, payerId: string): boolean {
  return decidePaying(context, payerId).allowed;
}

/**
 * The request as one in the account that pays.
 * @throws Problem `permission-required` where the caller lacks `invoices` there
 */
export async function payingContext(
  { people }: { people: Pick<PeopleStore, 'accounts'> },
  context: RequestContext,
  payerId: string,
): Promise<PayingContext> {
  const { accountId } = context;
  const decision = decidePaying(context, payerId);
  if (decision.allowed) {
    const { authority } = decision;
    return requestContext({ ...context, accountId: payerId, authority }) as PayingContext;
  }
  const ids = accountId === payerId ? [payerId] : [accountId, payerId];
  const [account, payer] = await people.accounts(ids);
  // What is open to them is told of the account that they asked in.
  const here = 'open' in decision ? { ...decision, open: permissionsOf(context.authority) } : decision;
  throw refusal(here, context, account, payer);
}
