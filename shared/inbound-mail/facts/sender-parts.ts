import { isOfOrganisation } from '../../accounts/organisation.ts';
import { hasProvenLogin } from '../../accounts/contact.ts';
import type { Account, Claim, Contact, KnownAddress, Login } from '../../accounts/people.ts';
import type { PeopleStore } from '../../accounts/people-store.ts';
import type { Settings } from '../../settings/settings.ts';
import type { Table } from '../../table/table.ts';
import { type SenderPart, type Standing, standings } from './sender-part.ts';

interface PartDependencies {
  table: Table;
  people: PeopleStore;
  settings: Pick<Settings, 'mail.publicDomains'>;
  /** The provider's own domains of mail: nobody's organisation. */
  ownDomains: readonly string[];
}

/**
 * The parts of an address, in the order in which they decide: the standing, then who has known it longest. With the
 * accounts that know it, by id.
 */
export async function partsOf(
  dependencies: PartDependencies,
  email: string,
  known: { accounts: readonly KnownAddress[]; claims: readonly Claim[]; userId: string | null },
): Promise<{ parts: SenderPart[]; accounts: Map<string, Account> }> {
  const { people } = dependencies;
  if (known.accounts.length === 0) return { parts: [], accounts: new Map() };
  const [contacts, login, found] = await Promise.all([
    people.contactsOf(known.accounts),
    known.userId === null ? undefined : people.login(known.userId),
    people.accounts(known.accounts.map(({ accountId }) => accountId)),
  ]);
  const accounts = new Map(found.flatMap((account) => (account ? [[account.id, account]] : [])));
  const parts = await Promise.all(
    known.accounts.map(async ({ accountId, contactId }, index): Promise<SenderPart[]> => {
      const claim = known.claims.find((each) => each.accountId === accountId) ?? null;
      if (contactId === null) return [{ accountId, contact: null, standing: 'owner', claim }];
      const [contact, account] = [contacts[index], accounts.get(accountId)];
      // It is being removed just now.
      if (!contact || !account) return [];
      const standing = await standingOf(dependencies, { account, contact, login, claim }, email);
      return [{ accountId, contact, standing, claim }];
    }),
  );
  // Sorting keeps the order of those that are alike: the longest known stays first.
  const sorted = parts
    .flat()
    .toSorted((a, b) => standings.indexOf(a.standing) - standings.indexOf(b.standing));
  return { parts: sorted, accounts };
}

async function standingOf(
  { table, people, settings, ownDomains }: PartDependencies,
  known: { account: Account; contact: Contact; login: Login | undefined; claim: Claim | null },
  email: string,
): Promise<Standing> {
  const { account, contact, login, claim } = known;
  if (hasProvenLogin(contact, login)) return 'login';
  if (contact.proven === true) return 'proven';
  const publicDomains = [...settings['mail.publicDomains'], ...ownDomains];
  if (await isOfOrganisation({ table, people }, account, email, publicDomains)) return 'organisation';
  return claim?.state === 'declined' ? 'declined' : 'claimed';
}
