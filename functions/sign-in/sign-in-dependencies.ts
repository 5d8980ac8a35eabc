import type { EndSessionsDependencies } from '../../shared/accounts/logins/end-sessions.ts';

/** What the user pool's triggers read and write. */
export interface SignInDependencies extends EndSessionsDependencies {
  portalUrl: string;
}
