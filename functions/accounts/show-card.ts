import { permissionsOf } from '../../shared/access/decide.ts';
import { includes } from '../../shared/access/permissions.ts';
import type { Account } from '../../shared/accounts/people.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import { bouncesOf, type DeadAddressStore } from '../../shared/mail/delivery/dead-addresses.ts';
import { accountView } from './account.ts';

/** The account as the caller may see it; whether mail to its owner came back, for those who see that of contacts. */
export async function showCard(
  dependencies: { deadAddresses: DeadAddressStore },
  context: RequestContext,
  account: Account,
) {
  const { authority } = context;
  const card = accountView(account, authority);
  if (!includes(permissionsOf(authority), 'contacts')) return card;
  const [bounced] = await bouncesOf(dependencies, context, [account.owner.email]);
  return { ...card, ...bounced };
}
