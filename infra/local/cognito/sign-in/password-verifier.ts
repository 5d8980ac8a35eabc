import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Context } from '../context.ts';
import { invalidParameter, notAuthorized } from '../protocol.ts';
import type { User } from '../state.ts';
import { checkUsable, countedName, identityOf } from './password.ts';
import { inventedSrpSecret, openExchange, readPublic, signatureOf } from './srp.ts';

/** As the clients write it: `Mon Jan 5 09:07:03 UTC 2026`. */
const TIMESTAMP = /^[A-Z][a-z]{2} [A-Z][a-z]{2} \d{1,2} \d{2}:\d{2}:\d{2} [A-Z]+ \d{4}$/;

/** The id that an unknown name has for SRP: a UUID as Cognito makes one up, the same for the same name. */
function inventedId(seed: string, name: string): string {
  const hex = createHmac('sha256', seed).update(`id:${name}`).digest('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`];
  return [...parts, hex.slice(20, 32)].join('-');
}

/** Answers the first step of SRP. A name that nobody has gets an answer of the same kind. */
export function srpChallenge(context: Context, username: string, publicA: string): object {
  const a = readPublic(publicA);
  if (a === null) throw invalidParameter('Invalid SRP_A.');
  const user = context.state.find(username);
  const { seed } = context.state;
  const name = username.toLowerCase();
  const secret = user?.srp ?? inventedSrpSecret(seed, name);
  const id = user?.username ?? inventedId(seed, name);
  const exchange = openExchange(a, secret);
  const token = context.challenges.open(
    {
      name: 'PASSWORD_VERIFIER',
      sub: user?.sub ?? null,
      counted: countedName(user, username),
      identity: identityOf(context, id),
      exchange,
    },
    context.controls.now().getTime(),
  );
  return {
    ChallengeName: 'PASSWORD_VERIFIER',
    ChallengeParameters: {
      SALT: secret.salt,
      SECRET_BLOCK: token.toString('base64'),
      SRP_B: exchange.b.toString(16),
      USERNAME: id,
      USER_ID_FOR_SRP: id,
    },
  };
}

/** The user who proved the password by SRP. The secret block names the challenge, and works once. */
export function verifiedUser(context: Context, responses: Record<string, string>): User {
  const required = (name: string): string => {
    const value = responses[name];
    if (!value) throw invalidParameter(`Missing required parameter ${name}`);
    return value;
  };
  const username = required('USERNAME');
  const timestamp = required('TIMESTAMP');
  const given = Buffer.from(required('PASSWORD_CLAIM_SIGNATURE'), 'base64');
  const block = Buffer.from(required('PASSWORD_CLAIM_SECRET_BLOCK'), 'base64');
  if (!TIMESTAMP.test(timestamp)) {
    throw invalidParameter('TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.');
  }
  const incorrect = notAuthorized('Incorrect username or password.');
  const now = context.controls.now().getTime();
  const challenge = context.challenges.find('PASSWORD_VERIFIER', block, now);
  if (typeof challenge === 'string') throw incorrect;
  context.challenges.close(block);
  const { sub, counted, identity, exchange } = challenge;
  context.attempts.check(counted, now);
  const expected = signatureOf(exchange, identity, block, timestamp);
  const proven = given.length === expected.length && timingSafeEqual(given, expected);
  const user = sub === null ? undefined : context.state.findBySub(sub);
  if (!proven || !user || context.state.find(username) !== user) {
    context.attempts.failed(counted, now);
    throw incorrect;
  }
  context.attempts.succeeded(counted);
  // A password that was set since the first step makes the proof worthless.
  if (user.srp?.verifier !== exchange.verifier.toString(16)) throw incorrect;
  checkUsable(context, user);
  return user;
}
