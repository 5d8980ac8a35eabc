import { invalid } from '../../../shared/core/problem.ts';
import type { DirectoryUser, LoginDirectory } from '../../../shared/accounts/logins/directory.ts';
import { isDisabled, type Login } from '../../../shared/accounts/people.ts';

interface User {
  email: string;
  name: string;
  password: string | null;
  verified: boolean;
  enabled: boolean;
  /** How often its sessions were ended. */
  ended?: number;
  /** The authenticator's secrets, begun and verified, and whether signing in takes its code. */
  factor?: { begun?: string; secret?: string; isOn?: boolean };
}

/** What an authenticator with this secret shows here: the end of the secret. */
export const totpOf = (secret: string): string => secret.slice(-6);

/** The user pool in memory: what the portal asks of it, and what a sign-in would find. */
export class MemoryDirectory implements LoginDirectory {
  readonly users = new Map<string, User>();
  #secrets = 0;
  /** Called before each call: where tests inject faults. */
  before: (call: string) => Promise<void> | void = () => {};

  async create(
    login: { userId: string; email: string; name: string },
    password: string | null,
  ): Promise<void> {
    await this.before('create');
    if (password !== null && password.length < 12)
      throw invalid([{ path: 'password', code: 'too-short', message: 'too short' }]);
    const { email, name } = login;
    this.users.set(login.userId, { email, name, password, verified: false, enabled: true, ended: 0 });
  }

  async sync(login: Parameters<LoginDirectory['sync']>[0]): Promise<void> {
    await this.before('sync');
    if (!this.users.has(login.userId)) await this.create(login, null);
    const user = this.users.get(login.userId)!;
    user.enabled = !isDisabled(login);
    if (!user.enabled) await this.forget(login);
    if (user.enabled) Object.assign(user, { verified: true, email: login.email, name: login.name });
  }

  async discard(userId: string): Promise<void> {
    await this.before('discard');
    this.users.delete(userId);
  }

  async forget({ userId }: Pick<Login, 'userId'>): Promise<void> {
    await this.before('forget');
    const user = this.users.get(userId);
    if (!user) return;
    user.password = null;
    user.factor = { ...user.factor, isOn: false };
    user.ended = (user.ended ?? 0) + 1;
  }

  async choosePassword(
    login: { userId: string; email: string; name: string },
    password: string,
  ): Promise<void> {
    await this.before('choosePassword');
    if (password.length < 12) throw invalid([{ path: 'password', code: 'too-short', message: 'too short' }]);
    const { email, name, userId } = login;
    const ended = (this.users.get(userId)?.ended ?? 0) + 1;
    this.users.set(userId, { email, name, password, verified: true, enabled: true, ended });
  }

  /** The access token names the user here. */
  async changePassword(accessToken: string, current: string, next: string): Promise<void> {
    await this.before('changePassword');
    const user = this.users.get(accessToken);
    if (user?.password !== current)
      throw invalid([{ path: 'current', code: 'not-allowed', message: 'is not the current password' }]);
    if (next.length < 12) throw invalid([{ path: 'new', code: 'too-short', message: 'too short' }]);
    user.password = next;
  }

  async beginSecondFactor(accessToken: string): Promise<string> {
    await this.before('beginSecondFactor');
    const begun = `SECRET${String((this.#secrets += 1)).padStart(6, '0')}`;
    const user = this.users.get(accessToken)!;
    user.factor = { ...user.factor, begun };
    return begun;
  }

  async verifySecondFactor(accessToken: string, totp: string): Promise<void> {
    await this.before('verifySecondFactor');
    const user = this.users.get(accessToken)!;
    const { begun, ...factor } = user.factor ?? {};
    if (begun === undefined || totpOf(begun) !== totp) {
      throw invalid([{ path: 'totp', code: 'not-allowed', message: 'is not the code' }]);
    }
    user.factor = { ...factor, secret: begun };
  }

  async requireSecondFactor(userId: string): Promise<void> {
    await this.before('requireSecondFactor');
    const user = this.users.get(userId)!;
    if (user.factor?.secret === undefined) throw new Error('No second factor was verified');
    user.factor.isOn = true;
  }

  async dropSecondFactor(userId: string): Promise<void> {
    await this.before('dropSecondFactor');
    const user = this.users.get(userId)!;
    user.factor = { ...user.factor, isOn: false };
  }

  async endSessions(userId: string): Promise<void> {
    await this.before('endSessions');
    const user = this.users.get(userId);
    if (user) user.ended = (user.ended ?? 0) + 1;
  }

  async describe(usernameOrEmail: string): Promise<DirectoryUser | undefined> {
    for (const [userId, { name, email, verified }] of this.users) {
      if (userId === usernameOrEmail || (verified && email === usernameOrEmail))
        return { userId, name, email };
    }
    return undefined;
  }

  /** Whether this address and password sign in now, as whom. */
  signIn(email: string, password: string): string | null {
    for (const [userId, user] of this.users) {
      if (user.email === email && user.verified)
        return user.enabled && user.password === password ? userId : null;
    }
    return null;
  }
}
