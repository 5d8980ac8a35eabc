import type { Action } from '../../table/table.ts';
import { toInstant, toSeconds } from '../../core/clock.ts';
import { newId, newVersion } from '../../core/ids.ts';
import { Problem } from '../../core/problem.ts';
import { wroteNothing } from '../../write/commit.ts';
import type { OutboxTask } from '../../write/outbox-task.ts';
import type { DirectoryUser, LoginDirectory } from './directory.ts';
import { normalAddress } from '../keys.ts';
import { forgotten, isDisabled, type Login } from '../people.ts';
import { addressLoginRow, loginRow, type PeopleStore } from '../people-store.ts';

declare module '../../write/outbox-task.ts' {
  interface OutboxTasks {
    /** Brings the login in Cognito to the state of its row: enabled or disabled, its address verified. */
    'sync-login': { userId: string };
  }
}

export interface LoginDependencies {
  people: PeopleStore;
  directory: LoginDirectory;
}

/** A login's admission to one more account, or to staff, to be written together with the rows of that. */
export interface Admission {
  login: Login;
  /** The invitation that the membership waits for; none where somebody else chose the first password of a new login. */
  invitation?: string;
  actions: Action[];
  outbox: OutboxTask[];
  /** Runs the write of `actions` and `outbox`, then syncs the login; removes a new one if nothing was written. */
  complete(write: () => Promise<void>): Promise<void>;
}

/** The person behind an address, and the first password where somebody else chooses it. */
interface Person {
  email: string;
  name: string;
  password: string | null;
}

/** What a login gains by an admission. */
type Gain = (login: Login) => Login;
const oneMoreAccount: Gain = (login) => ({ ...login, accounts: login.accounts + 1 });
const placeAmongStaff: Gain = (login) => ({ ...login, staff: true });

/**
 * Prepares access to one more account for the person behind an address, with their login or a new one. The access waits
 * until its person accepts it, unless somebody else chose the first password of a new login.
 * A new login is created in the directory before the write, unable to sign in, so that a password is never lost and
 * never set on somebody else's login; the write decides who owns the address.
 * @throws Problem `login-exists` when a password is given for an existing login, `email-taken` for an address of staff
 */
export function admit(dependencies: LoginDependencies, person: Person, now: Date): Promise<Admission> {
  return admitTo(dependencies, person, oneMoreAccount, now);
}

/**
 * Prepares a place among the provider's staff in the same way; it always waits until its person accepts it.
 * @throws Problem `email-taken` for somebody who is staff already
 */
export function admitToStaff(
  dependencies: LoginDependencies,
  person: Omit<Person, 'password'>,
  now: Date,
): Promise<Admission> {
  return admitTo(dependencies, { ...person, password: null }, placeAmongStaff, now);
}

async function admitTo(
  { people, directory }: LoginDependencies,
  person: Person,
  gain: Gain,
  now: Date,
): Promise<Admission> {
  const email = normalAddress(person.email);
  const { userId } = await people.byAddress(email);
  const existing = userId === null ? undefined : await people.login(userId);
  if (existing) return admitExisting({ people, directory }, existing, person.password, gain, now);
  const directoryUser = await directory.describe(email);
  if (directoryUser) return admitDirectoryUser(directoryUser, person.password, gain);
  // In lower case: the pool ignores case in user names and may return them in lower case.
  const newUserId = newId('user', now).toLowerCase();
  const login = gain({
    ...initialLogin,
    userId: newUserId,
    name: person.name,
    email,
  });
  await directory.create(login, person.password);
  return {
    login,
    ...(person.password === null ? { invitation: newVersion() } : {}),
    actions: [loginRow(login, 'new'), addressLoginRow(email, login.userId)],
    outbox: [{ kind: 'sync-login', userId: login.userId }],
    async complete(write) {
      try {
        await write();
      } catch (error) {
        // After a lost answer the write may have been made, and then its login must stay.
        if (wroteNothing(error)) await directory.discard(login.userId);
        throw error;
      }
      await syncSoon({ people, directory }, login.userId);
    },
  };
}

/**
 * Brings the directory's user to the state of the login's row. Repeats while the row changes meanwhile, so that a
 * concurrent change cannot leave an outdated state behind.
 */
export async function syncLogin(
  { people, directory }: { people: PeopleStore; directory: Pick<LoginDirectory, 'sync'> },
  userId: string,
): Promise<void> {
  for (;;) {
    const login = await people.login(userId);
    if (!login) return;
    await directory.sync(login);
    const after = await people.login(userId);
    const isSame = after?.accounts === login.accounts && after.staff === login.staff;
    if (isSame && after.email === login.email) return;
  }
}

/** Syncs at once if possible; the outbox has the same task, so an unavailable directory does no harm. */
async function syncSoon(dependencies: LoginDependencies, userId: string): Promise<void> {
  await syncLogin(dependencies, userId).catch(() => undefined);
}

/** Admits somebody whom the operator added to the directory and who has never used the portal. */
function admitDirectoryUser(
  { userId, name, email }: DirectoryUser,
  password: string | null,
  gain: Gain,
): Admission {
  refusePassword(password);
  const login = gain({ ...initialLogin, userId, name, email: normalAddress(email) });
  return {
    login,
    invitation: newVersion(),
    actions: [loginRow(login, 'new'), addressLoginRow(login.email, userId)],
    outbox: [],
    complete: (write) => write(),
  };
}

/** The initial values of a login. */
const initialLogin = {
  staff: false,
  accounts: 0,
  namedBySelf: false,
  lastSignInAt: null,
  notBeforeSeconds: 0,
  version: '',
};

/** Nobody acts as staff and as a client: an address of staff is taken. */
function refuseStaff({ staff }: Pick<Login, 'staff'>): void {
  if (!staff) return;
  throw new Problem('email-taken', 'This address cannot be used here. Use another one.');
}

function refusePassword(password: string | null): void {
  if (password === null) return;
  throw new Problem(
    'login-exists',
    'This address has a login already, and its password is its owner’s. Leave the password out: the person is told by mail.',
  );
}

/**
 * An existing login waits for its person to accept. One that was disabled comes back by invitation alone: what signed in
 * with it before is useless from here on.
 */
async function admitExisting(
  dependencies: LoginDependencies,
  existing: Login,
  password: string | null,
  gain: Gain,
  now: Date,
): Promise<Admission> {
  refuseStaff(existing);
  refusePassword(password);
  const isReenabled = isDisabled(existing);
  if (isReenabled) await dependencies.directory.forget(existing);
  const proven = existing.proven === true && !isReenabled;
  const login = {
    ...gain(isReenabled ? forgotten(existing) : existing),
    proven,
    ...(isReenabled ? { namedBySelf: false } : {}),
    // Until it was disabled in the user pool, its old password may have signed in once more.
    ...(isReenabled ? { notBeforeSeconds: toSeconds(now) } : {}),
  };
  return {
    login,
    invitation: newVersion(),
    actions: [loginRow(login, { version: existing.version })],
    outbox: isReenabled ? [{ kind: 'sync-login', userId: login.userId }] : [],
    async complete(write) {
      await write();
      if (isReenabled) await syncSoon(dependencies, login.userId);
    },
  };
}

type Dismissal = Pick<Admission, 'login' | 'actions' | 'outbox' | 'complete'>;

/** Ends a login's access to one account. After the last one the login is disabled and its tokens are refused. */
export function dismiss(dependencies: LoginDependencies, existing: Login, now: Date): Dismissal {
  return dismissed(dependencies, existing, { accounts: Math.max(0, existing.accounts - 1) }, now);
}

/** Ends a login's place among staff; without an account it is disabled, and its tokens are refused. */
export function dismissFromStaff(dependencies: LoginDependencies, existing: Login, now: Date): Dismissal {
  return dismissed(dependencies, existing, { staff: false }, now);
}

function dismissed(
  dependencies: LoginDependencies,
  existing: Login,
  loss: Partial<Pick<Login, 'accounts' | 'staff'>>,
  now: Date,
): Dismissal {
  const left = { ...existing, ...loss };
  const isDisabling = isDisabled(left);
  const login = isDisabling
    ? { ...forgotten(left), notBeforeSeconds: toSeconds(now), proven: false, namedBySelf: false }
    : left;
  return {
    login,
    actions: [loginRow(login, { version: existing.version })],
    outbox: isDisabling ? [{ kind: 'sync-login', userId: login.userId }] : [],
    async complete(write) {
      await write();
      if (isDisabling) await syncSoon(dependencies, login.userId);
    },
  };
}

/** The login after somebody signed in with it at `signedInAtSeconds`. */
export function signedIn(login: Login, signedInAtSeconds: number): Login {
  return { ...login, lastSignInAt: toInstant(new Date(signedInAtSeconds * 1000)) };
}
