import { createHmac } from 'node:crypto';
import * as library from 'amazon-cognito-identity-js';
import { describe, expect, test } from 'vitest';
import {
  inventedSrpSecret,
  makeSrpSecret,
  N,
  openExchange,
  readPublic,
  signatureOf,
} from '../../../../infra/local/cognito/sign-in/srp.ts';

/** A number of the library's, which converts as JavaScript's do. */
interface Big {
  toString(radix: number): string;
}

/** The client's half, which the library exports without its types. */
interface ClientHalf {
  N: Big & { constructor: new (hex: string, radix: number) => Big };
  largeAValue: Big;
  getPasswordAuthenticationKey(
    username: string,
    password: string,
    b: Big,
    salt: Big,
    done: (error: unknown, key: Uint8Array) => void,
  ): void;
}
const { AuthenticationHelper } = library as unknown as {
  AuthenticationHelper: new (poolName: string) => ClientHalf;
};

const POOL = 'Local0001';
const block = Buffer.from('a block that only the server can have made');
const TIMESTAMP = 'Mon Jan 5 09:07:03 UTC 2026';

async function clientSignature(
  client: ClientHalf,
  password: string,
  b: bigint,
  salt: string,
): Promise<string> {
  const Big = client.N.constructor;
  const key = await new Promise<Uint8Array>((resolve, reject) => {
    client.getPasswordAuthenticationKey(
      'usr_1',
      password,
      new Big(b.toString(16), 16),
      new Big(salt, 16),
      (error, made) => (error ? reject(error) : resolve(made)),
    );
  });
  return createHmac('sha256', key).update(`${POOL}usr_1`).update(block).update(TIMESTAMP).digest('hex');
}

describe('SRP', () => {
  test('both sides agree if and only if the password is right, with the client library’s own half', async () => {
    const client = new AuthenticationHelper(POOL);
    expect(client.N.toString(16)).toBe(N.toString(16));
    const secret = makeSrpSecret(`${POOL}usr_1`, 'Pässwort-1');
    const a = readPublic(client.largeAValue.toString(16));
    if (a === null) throw new Error('The client’s number was refused');
    const exchange = openExchange(a, secret);
    const expected = signatureOf(exchange, `${POOL}usr_1`, block, TIMESTAMP).toString('hex');
    await expect(clientSignature(client, 'Pässwort-1', exchange.b, secret.salt)).resolves.toBe(expected);
    await expect(clientSignature(client, 'Passwort-1', exchange.b, secret.salt)).resolves.not.toBe(expected);
  });

  test('a public number that would make the key known is refused', () => {
    for (const multiple of [0n, N, 2n * N]) expect(readPublic(multiple.toString(16))).toBeNull();
    for (const text of ['', 'xyz', '-1', '0x10', 'f'.repeat(771)]) expect(readPublic(text)).toBeNull();
    expect(readPublic('02')).toBe(2n);
  });

  test('an unknown name always has the same salt, and not that of another pool', () => {
    const secret = inventedSrpSecret('seed', 'nobody');
    expect(inventedSrpSecret('seed', 'nobody')).toEqual(secret);
    expect(secret.salt).toMatch(/^[0-9a-f]{32}$/);
    expect(inventedSrpSecret('other', 'nobody').salt).not.toBe(secret.salt);
    expect(inventedSrpSecret('seed', 'somebody').salt).not.toBe(secret.salt);
  });

  test('the same password has another verifier with every salt', () => {
    const [one, two] = [makeSrpSecret('usr_1', 'same'), makeSrpSecret('usr_1', 'same')];
    expect(one.salt).not.toBe(two.salt);
    expect(one.verifier).not.toBe(two.verifier);
  });
});
