import { normalAddress } from '../../shared/accounts/keys.ts';
import { notFound } from '../../shared/core/problem.ts';
import { pageOf } from '../../shared/http/page.ts';
import { type BoundRoute, on, type RequestContext } from '../../shared/http/request.ts';
import {
  type DeadAddress,
  type DeadAddressStore,
  liftedMark,
} from '../../shared/mail/delivery/dead-addresses.ts';
import { commit, type WriteDependencies } from '../../shared/write/commit.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import * as routes from './routes.ts';

interface DeadAddressDependencies extends WriteDependencies {
  deadAddresses: DeadAddressStore;
}

export function deadAddressesApi(dependencies: DeadAddressDependencies): BoundRoute[] {
  return [
    on(routes.listDeadAddresses, async ({ query, listScope }) => {
      const page = await pageOf(query, listScope, (part) => dependencies.deadAddresses.list(part));
      return { body: { ...page, items: page.items.map(deadAddressView) } };
    }),
    on(routes.deleteDeadAddress, ({ context, params }) =>
      liftMark(dependencies, context, params['address']!),
    ),
  ];
}

/** The account is that whose mail came back first. */
function deadAddressView({ address, at, reason, accounts = [] }: DeadAddress) {
  const [first] = accounts;
  return { address, at, reason, ...(first ? { accountId: first.accountId } : {}) };
}

/** Mail goes to the address again. @throws Problem if it is not marked */
async function liftMark(
  dependencies: DeadAddressDependencies,
  context: RequestContext,
  address: string,
): Promise<Reply> {
  const mark = (await dependencies.deadAddresses.dead([address])).get(normalAddress(address));
  if (!mark) throw notFound();
  await commit(dependencies, context, { ...liftedMark(mark), answer: {} });
  return {};
}
