import { withoutChange } from '../../../shared/accounts/new-address/address-change.ts';
import type { AddressChange, Login } from '../../../shared/accounts/people.ts';
import { loginRow } from '../../../shared/accounts/people-store.ts';
import { secondsToInstant, toSeconds } from '../../../shared/core/clock.ts';
import { conflict, notFound } from '../../../shared/core/problem.ts';
import { type AddressStopLink, type Unchecked } from '../../../shared/mail/invitations/signed-link.ts';
import { commit, portalContext } from '../../../shared/write/commit.ts';
import type { OwnLoginDependencies } from '../login-dependencies.ts';

interface Stoppable {
  login: Login;
  change: AddressChange;
}

/**
 * The change of an address that a mailed link stops, while it waits.
 * @throws Problem where the link was not signed for the login's address, or the change was stopped or took effect
 */
export async function changeBehind(
  dependencies: OwnLoginDependencies,
  link: Unchecked<AddressStopLink>,
): Promise<Stoppable> {
  const login = await dependencies.people.login(link.userId);
  if (!login || !link.isFor(login.email, await dependencies.linkKeys())) throw notFound();
  const { addressChange: change } = login;
  const isOver = link.expiresAtSeconds <= toSeconds(dependencies.clock());
  if (isOver || change?.id !== link.change) {
    throw conflict('This change was stopped or replaced already, or took effect.');
  }
  return { login, change };
}

export function changeView({ login, change }: Stoppable) {
  return {
    purpose: 'address-change' as const,
    email: login.email,
    newEmail: change.email,
    effectiveAt: secondsToInstant(change.effectiveAtSeconds),
  };
}

/** Stops the change: a code that was mailed for it is worth nothing from then on. Returns the answer and whose it was. */
export async function stopChange(
  dependencies: OwnLoginDependencies,
  link: Unchecked<AddressStopLink>,
  now: Date,
) {
  const { login } = await changeBehind(dependencies, link);
  await commit(dependencies, portalContext(now), {
    actions: [loginRow(withoutChange(login), { version: login.version })],
    activity: [],
    outbox: [],
  });
  const { email } = login;
  return { login, stopped: { email, stopped: true as const, signInUrl: dependencies.portalUrl } };
}
