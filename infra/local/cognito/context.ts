import type { Controls } from '../controls.ts';
import type { Attempts, PasswordPolicy } from './passwords.ts';
import type { Input } from './protocol.ts';
import type { Challenges } from './sign-in/challenges.ts';
import type { PoolState } from './state.ts';
import type { TokenLife, Tokens } from './tokens.ts';
import type { TriggerOptions, Triggers } from './triggers/triggers.ts';

/** The pool that is served, and how it reaches its users. */
export interface Pool extends TriggerOptions {
  controls: Controls;
  userPoolId: string;
  clientId: string;
  passwordPolicy: PasswordPolicy;
  /** The pool's groups, where the stack names them; adding to any other one is refused. */
  groups?: string[];
  /** Whether users may have a token of an authenticator as a second factor, or must; by default neither. */
  mfa?: 'OFF' | 'OPTIONAL' | 'ON';
  /** What users may write of their own attributes, where the client's template lists it. */
  writeAttributes?: string[];
  /** How long tokens are good for; an hour by default. */
  tokenLife?: TokenLife;
  /** Called where Cognito would send mail: codes for forgotten passwords, invitations with a password. */
  sendMail: (to: string, subject: string, text: string) => Promise<void> | void;
}

/** What the operations share. */
export interface Context extends Omit<Pool, keyof TriggerOptions> {
  state: PoolState;
  tokens: Tokens;
  attempts: Attempts;
  challenges: Challenges;
  triggers: Triggers;
}

export type Operations = Record<string, (context: Context, input: Input) => Promise<object>>;
