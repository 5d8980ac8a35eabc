import type { Invoke } from '../../lambda/functions.ts';
import { CognitoError } from '../protocol.ts';
import type { User } from '../state.ts';
import type { ClaimChanges } from './claims.ts';
import type { Turns } from './turns.ts';

/** The functions that a pool calls, by name or ARN, as its template's LambdaConfig names them. */
export interface TriggerFunctions {
  preTokenGeneration?: string;
  postConfirmation?: string;
  postAuthentication?: string;
  customEmailSender?: string;
}

export interface TriggerOptions {
  triggers?: TriggerFunctions;
  /** Runs a function; needed where the pool has any. */
  invoke?: Invoke;
  /**
   * Wraps the code that a function gets to mail. Cognito encrypts it with a key of KMS; there is none here, so by
   * default it is plain Base64, and the function has to be told that it need not decrypt.
   */
  encrypt?: (code: string) => Promise<string> | string;
}

/** What a client passes on to functions. */
export type Metadata = Readonly<Record<string, string>>;

const SCOPES = ['aws.cognito.signin.user.admin'];
const base64 = (code: string): string => Buffer.from(code).toString('base64');

/** Calls the pool's functions with Cognito's events. Where the pool has none for an occasion, nothing happens. */
export class Triggers {
  readonly #pool: { userPoolId: string; clientId: string } & TriggerOptions;
  readonly #turns: Turns;

  constructor(pool: { userPoolId: string; clientId: string } & TriggerOptions, turns: Turns) {
    this.#pool = pool;
    this.#turns = turns;
  }

  get mails(): boolean {
    return this.#pool.triggers?.customEmailSender !== undefined;
  }

  async preTokenGeneration(user: User, source: string, clientMetadata: Metadata): Promise<ClaimChanges> {
    const response = await this.#call('preTokenGeneration', user, `TokenGeneration_${source}`, {
      groupConfiguration: { groupsToOverride: user.groups, iamRolesToOverride: [], preferredRole: null },
      scopes: SCOPES,
      clientMetadata,
    });
    return response['claimsAndScopeOverrideDetails'] ?? {};
  }

  async postAuthentication(user: User, clientMetadata: Metadata): Promise<void> {
    const request = { newDeviceUsed: false, clientMetadata };
    await this.#call('postAuthentication', user, 'PostAuthentication_Authentication', request);
  }

  async postConfirmation(user: User, source: string, clientMetadata: Metadata): Promise<void> {
    await this.#call('postConfirmation', user, `PostConfirmation_${source}`, { clientMetadata });
  }

  async customEmailSender(user: User, source: string, code: string, clientMetadata: Metadata): Promise<void> {
    const { encrypt = base64 } = this.#pool;
    await this.#call('customEmailSender', user, `CustomEmailSender_${source}`, {
      type: 'customEmailSenderRequestV1',
      code: await encrypt(code),
      clientMetadata,
    });
  }

  /** @returns the `response` of the event that the function gives back */
  async #call(
    trigger: keyof TriggerFunctions,
    user: User,
    triggerSource: string,
    request: object,
  ): Promise<Record<string, unknown>> {
    const { triggers, invoke, userPoolId, clientId } = this.#pool;
    const name = triggers?.[trigger];
    if (name === undefined) return {};
    if (!invoke) throw new Error(`The pool cannot run ${name}: it was given no way to invoke functions`);
    const event = {
      version: trigger === 'preTokenGeneration' ? '2' : '1',
      triggerSource,
      region: userPoolId.split('_')[0],
      userPoolId,
      userName: user.username,
      callerContext: { awsSdkVersion: 'aws-sdk-unknown-unknown', clientId },
      request: {
        userAttributes: { sub: user.sub, 'cognito:user_status': user.status, ...user.attributes },
        ...request,
      },
      response: trigger === 'preTokenGeneration' ? { claimsAndScopeOverrideDetails: null } : {},
    };
    const result = await this.#turns.pause(() => invoke(name, event));
    const shown = trigger.charAt(0).toUpperCase() + trigger.slice(1);
    if ('functionError' in result) {
      const { errorMessage } = result.functionError;
      throw new CognitoError('UserLambdaValidationException', `${shown} failed with error ${errorMessage}.`);
    }
    const { payload } = result;
    if (trigger === 'customEmailSender') return {};
    if (typeof payload !== 'object' || payload === null || !('response' in payload)) {
      throw new CognitoError('InvalidLambdaResponseException', 'Unrecognizable lambda output');
    }
    return (payload.response ?? {}) as Record<string, unknown>;
  }
}
