import type { Pool } from './context.ts';
import { type TokenLife, usualLife } from './tokens.ts';
import type { TriggerFunctions } from './triggers/triggers.ts';

/** A resource of a template, as far as its settings are read. */
interface Declared {
  property(name: string): unknown;
}

interface Versioned {
  LambdaArn: string;
  LambdaVersion?: string;
}

interface LambdaConfig {
  PreTokenGeneration?: string;
  PreTokenGenerationConfig?: Versioned;
  PostConfirmation?: string;
  PostAuthentication?: string;
  CustomEmailSender?: Versioned;
}

/** @throws Error where the pool wants a version of the tokens' event that is not spoken here */
function triggersOf(config: LambdaConfig): TriggerFunctions {
  const { LambdaArn: arn, LambdaVersion: version } = config.PreTokenGenerationConfig ?? {};
  if ((arn !== undefined && version !== 'V2_0') || (arn === undefined && config.PreTokenGeneration)) {
    throw new Error('The local user pool speaks V2_0 with the function that is asked before tokens are made');
  }
  const functions: [keyof TriggerFunctions, string | undefined][] = [
    ['preTokenGeneration', arn],
    ['postConfirmation', config.PostConfirmation],
    ['postAuthentication', config.PostAuthentication],
    ['customEmailSender', config.CustomEmailSender?.LambdaArn],
  ];
  return Object.fromEntries(functions.filter(([, name]) => name !== undefined));
}

const unitSeconds: Record<string, number> = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 };

/** How long the client's tokens are good for; a number without a unit is in hours. */
function tokenLifeOf(client: Declared): TokenLife {
  const units = (client.property('TokenValidityUnits') ?? {}) as { AccessToken?: string; IdToken?: string };
  const seconds = (name: string, unit = 'hours'): number | undefined => {
    const declared = client.property(name);
    return declared === undefined ? undefined : Number(declared) * unitSeconds[unit]!;
  };
  return {
    access: seconds('AccessTokenValidity', units.AccessToken) ?? usualLife.access,
    id: seconds('IdTokenValidity', units.IdToken) ?? usualLife.id,
  };
}

/** What a pool and its client declare in their template, apart from the password policy. */
export function declaredSettings(
  userPool: Declared,
  client: Declared,
): Pick<Pool, 'mfa' | 'writeAttributes' | 'triggers' | 'tokenLife'> {
  const offered = (userPool.property('EnabledMfas') ?? []) as string[];
  const mfa = (userPool.property('MfaConfiguration') ?? 'OFF') as 'OFF' | 'OPTIONAL' | 'ON';
  const writeAttributes = client.property('WriteAttributes') as string[] | undefined;
  return {
    // Of the second factors an authenticator is the only one here.
    mfa: offered.includes('SOFTWARE_TOKEN_MFA') ? mfa : 'OFF',
    ...(writeAttributes ? { writeAttributes } : {}),
    tokenLife: tokenLifeOf(client),
    triggers: triggersOf(userPool.property('LambdaConfig') ?? {}),
  };
}
