import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  type AuthenticationResultType,
  CognitoIdentityProviderClient,
  GetUserCommand,
  InitiateAuthCommand,
  type InitiateAuthCommandOutput,
} from '@aws-sdk/client-cognito-identity-provider';
import { totpCode, totpStep } from '../../../../infra/local/cognito/second-factor/totp.ts';
import { type Cognito, type CognitoOptions, startCognito } from '../../../../infra/local/cognito/server.ts';
import { Controls } from '../../../../infra/local/controls.ts';

export const UserPoolId = 'eu-central-1_Local0001';
export const ClientId = 'localclient0001';
export const PASSWORD = 'Correct-Horse-9';
export const OTHER = 'Battery-Staple-7';
export const HOUR = 3_600_000;
export const INCORRECT = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' };

interface NewUser {
  username?: string;
  email?: string;
  /** Whether the e-mail signs in. */
  verified?: boolean;
  password?: string | null;
}

/** A pool with its mails and clock, and short ways to do with the real SDK what tests do all the time. */
export class TestPool {
  readonly #options: Partial<CognitoOptions>;
  readonly controls = new Controls();
  readonly mails: { to: string; subject: string; text: string }[] = [];
  dir = '';
  /** Distinguishes the users of one test from those of the others. */
  count = 0;
  #cognito: Cognito | null = null;
  #client: CognitoIdentityProviderClient | null = null;

  constructor(options: Partial<CognitoOptions> = {}) {
    this.#options = options;
  }

  get url(): string {
    return this.#cognito?.url ?? '';
  }

  get client(): CognitoIdentityProviderClient {
    if (!this.#client) throw new Error('The pool is not started');
    return this.#client;
  }

  async start(): Promise<void> {
    this.dir ||= await mkdtemp(join(tmpdir(), 'cognito-'));
    this.#cognito = await startCognito({
      controls: this.controls,
      region: 'eu-central-1',
      userPoolId: UserPoolId,
      clientId: ClientId,
      passwordPolicy: {
        MinimumLength: 12,
        RequireUppercase: true,
        RequireLowercase: true,
        RequireNumbers: true,
      },
      dir: this.dir,
      sendMail: (to, subject, text) => {
        this.mails.push({ to, subject, text });
      },
      ...this.#options,
    });
    this.#client = new CognitoIdentityProviderClient({
      region: 'eu-central-1',
      endpoint: this.#cognito.url,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      maxAttempts: 1,
    });
  }

  async stop(): Promise<void> {
    this.#client?.destroy();
    await this.#cognito?.close();
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.dir, { recursive: true });
  }

  later(ms: number): void {
    this.controls.setNow(new Date(this.controls.now().getTime() + ms));
  }

  async createUser(options: NewUser = {}): Promise<{ Username: string; email: string }> {
    const Username = options.username ?? `usr_${this.count}`;
    const email = options.email ?? `user${this.count}@example.com`;
    const UserAttributes = [
      { Name: 'email', Value: email },
      { Name: 'email_verified', Value: String(options.verified ?? true) },
      { Name: 'name', Value: 'Test Person' },
    ];
    await this.client.send(
      new AdminCreateUserCommand({ UserPoolId, Username, MessageAction: 'SUPPRESS', UserAttributes }),
    );
    if (options.password !== null) await this.setPassword(Username, options.password ?? PASSWORD);
    return { Username, email };
  }

  async setPassword(Username: string, Password: string, Permanent = true): Promise<void> {
    await this.client.send(new AdminSetUserPasswordCommand({ UserPoolId, Username, Password, Permanent }));
  }

  auth(USERNAME: string, password = PASSWORD): Promise<InitiateAuthCommandOutput> {
    const AuthParameters = { USERNAME, PASSWORD: password };
    return this.client.send(
      new InitiateAuthCommand({ ClientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters }),
    );
  }

  async signIn(name: string, password = PASSWORD): Promise<Required<AuthenticationResultType>> {
    const { AuthenticationResult } = await this.auth(name, password);
    return AuthenticationResult as Required<AuthenticationResultType>;
  }

  refresh(REFRESH_TOKEN: string): Promise<InitiateAuthCommandOutput> {
    const AuthParameters = { REFRESH_TOKEN };
    return this.client.send(
      new InitiateAuthCommand({ ClientId, AuthFlow: 'REFRESH_TOKEN_AUTH', AuthParameters }),
    );
  }

  getUser(AccessToken: string): Promise<unknown> {
    return this.client.send(new GetUserCommand({ AccessToken }));
  }

  /** What an authenticator with this secret shows now. */
  totp(secret: string): string {
    return totpCode(secret, totpStep(this.controls.now()));
  }

  /** The code in the nth mail. */
  code(nth = 0): string {
    return /\d{6}/.exec(this.mails[nth]?.text ?? '')?.[0] ?? '';
  }
}
