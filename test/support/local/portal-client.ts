import {
  CognitoIdentityProviderClient,
  InitiateAuthCommand,
  RespondToAuthChallengeCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { createTransport, type SendMailOptions } from 'nodemailer';
import type { Portal } from '../../../infra/portal/portal.ts';

export interface Answered {
  status: number;
  // What came back, as a frontend would read it.
  body: any;
  headers: Headers;
}

/** A message in the mailbox of the local cloud. */
export interface Mailed {
  from: string;
  to: string[];
  cc: string[];
  envelope: { from: string; to: string[] };
  subject: string;
  messageId: string;
  inReplyTo: string | null;
  text: string;
  html: string;
  raw: string;
  sentAt: string;
}

/** Talks to a running portal as the outside does: HTTP, Cognito, SMTP and the mailbox, by plain means. */
export class PortalClient {
  readonly portal: Portal;
  /** What was read of the mailbox so far: it only grows. */
  readonly #mails: Mailed[] = [];
  readonly #tokens = new Map<string, Promise<string>>();

  constructor(portal: Portal) {
    this.portal = portal;
  }

  /** Signs in anew; where a new password is asked for, it is the same one. */
  async signIn(email: string, password: string): Promise<string> {
    const cognito = new CognitoIdentityProviderClient({
      region: 'eu-west-1',
      endpoint: this.portal.cognitoUrl,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    const answer = await cognito.send(
      new InitiateAuthCommand({
        AuthFlow: 'USER_PASSWORD_AUTH',
        ClientId: this.portal.userPoolClientId,
        AuthParameters: { USERNAME: email, PASSWORD: password },
      }),
    );
    if (answer.ChallengeName !== 'NEW_PASSWORD_REQUIRED') return answer.AuthenticationResult!.AccessToken!;
    const responded = await cognito.send(
      new RespondToAuthChallengeCommand({
        ChallengeName: answer.ChallengeName,
        ClientId: this.portal.userPoolClientId,
        Session: answer.Session,
        ChallengeResponses: { USERNAME: email, NEW_PASSWORD: password },
      }),
    );
    return responded.AuthenticationResult!.AccessToken!;
  }

  /** The token of a demonstration login, signed in once. */
  token(email: string): Promise<string> {
    const { password } = this.portal.users.find((user) => user.email === email)!;
    if (!this.#tokens.has(email)) this.#tokens.set(email, this.signIn(email, password));
    return this.#tokens.get(email)!;
  }

  async call(
    token: string | null,
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answered> {
    const answer = await fetch(`${this.portal.apiUrl}${path}`, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await answer.text();
    return {
      status: answer.status,
      body: text === '' ? undefined : JSON.parse(text),
      headers: answer.headers,
    };
  }

  /** Runs a function as AWS's Invoke does. */
  async invoke(name: string, event: unknown): Promise<any> {
    const url = `${this.portal.lambdaUrl}/2015-03-31/functions/${name}/invocations`;
    const answer = await fetch(url, { method: 'POST', body: JSON.stringify(event) });
    return answer.json();
  }

  async control(name: 'clock' | 'faults' | 'mail' | 'registrar', body: unknown): Promise<void> {
    const answer = await fetch(`${this.portal.lambdaUrl}/controls/${name}`, {
      method: 'PUT',
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(await answer.text());
  }

  /** Sends a mail by SMTP, as anybody's mail server does. */
  async sendMail(mail: SendMailOptions): Promise<void> {
    const { host, port } = this.portal.smtp;
    const transport = createTransport({ host, port, ignoreTLS: true });
    await transport.sendMail({ to: this.portal.supportAddress, ...mail });
    transport.close();
  }

  async mails(): Promise<Mailed[]> {
    const answer = await fetch(`${this.portal.mailboxUrl}/messages?from=${this.#mails.length}`);
    const newer = (await answer.json()) as Mailed[];
    // Two who ask at once are told the same: what one of them has noted is left out.
    const known = new Set(this.#mails.map((mail) => mail.messageId));
    this.#mails.push(...newer.filter((mail) => !known.has(mail.messageId)));
    return [...this.#mails];
  }

  /** Waits until a condition that the portal reaches by itself holds. A busy machine is no failure, so it has ample time. */
  async until<T>(look: () => Promise<T | undefined | null | false>): Promise<T> {
    const deadline = performance.now() + 45_000;
    // Looking costs the portal something too: ever more seldom, up to a third of a second.
    for (let pauseMs = 40; ; pauseMs = Math.min(330, pauseMs * 1.5)) {
      const found = await look();
      if (found) return found;
      if (performance.now() > deadline) throw new Error(`Waited in vain for ${look.toString()}`);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  /** The mails whose subject or text holds this, once there are as many. */
  mailsWith(text: string, count = 1): Promise<Mailed[]> {
    return this.until(async () => {
      const found = (await this.mails()).filter(
        (mail) => mail.subject.includes(text) || mail.text.includes(text),
      );
      return found.length >= count ? found : null;
    });
  }
}
