import { CognitoJwtVerifier } from 'aws-jwt-verify';
import type { Jwks } from 'aws-jwt-verify/jwk';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { type AuthorizeDependencies, authorize } from '../../../functions/authorizer/authorize.ts';
import { permissionKeys } from '../../../shared/access/permissions.ts';
import type { Table } from '../../../shared/table/table.ts';
import { systemClock, toSeconds } from '../../../shared/core/clock.ts';
import { loginKey } from '../../../shared/table/keys.ts';
import { loginRow, memberRow, peopleStore, usedRow } from '../../../shared/accounts/people-store.ts';
import { MemoryTable } from '../../../shared/table/memory-table.ts';
import { paired } from '../measure.ts';
import { against, microseconds, type Row, type Section } from '../report.ts';

const region = 'eu-west-1';
const userPoolId = `${region}_Bench0000`;
const clientId = 'benchclient';
const userId = 'usr_bench';
/** So many parts in accounts, and what the decision may cost with them; null where it is only recorded. */
const sizes: [number, number | null][] = [
  [1, 1.25],
  [10, 1.25],
  [50, null],
];

const accountOf = (index: number) => `acct_${String(index).padStart(26, '0')}`;
const later = new Date(Date.now() + 3_600_000);

/** A table with one login that has a part in so many accounts and was used in each since it signed in. */
async function tableWith(memberships: number): Promise<MemoryTable> {
  const table = new MemoryTable();
  const login = {
    userId,
    name: 'Bench',
    email: 'bench@portal.test',
    staff: false,
    accounts: memberships,
    // In the future, as its use in the accounts is, so that nothing has to be noted.
    lastSignInAt: later.toISOString(),
    notBeforeSeconds: 0,
    version: '',
  };
  const indexes = Array.from({ length: memberships }, (_, index) => index);
  const parts = indexes.map((index) =>
    memberRow(userId, {
      accountId: accountOf(index),
      role: 'sub-account',
      contactId: `con_${String(index).padStart(26, '0')}`,
      permissions: permissionKeys.filter((_key, bit) => bit % 2 === 0),
      expiresAtSeconds: null,
    }),
  );
  const uses = indexes.map((index) => usedRow(userId, accountOf(index), toSeconds(later), later));
  await table.transact([loginRow(login, 'new'), ...parts]);
  await table.transact(uses);
  return table;
}

/** Cognito's own verifier, with a key that was made here, and an access token that it accepts. */
async function verifierAndToken() {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { modulusLength: 2048 });
  const kid = 'bench';
  const verifier = CognitoJwtVerifier.create({ userPoolId, clientId, tokenUse: 'access' });
  verifier.cacheJwks({ keys: [{ ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' }] } as Jwks);
  const seconds = Math.floor(Date.now() / 1000);
  const token = await new SignJWT({
    sub: userId,
    username: userId,
    client_id: clientId,
    token_use: 'access',
    scope: 'aws.cognito.signin.user.admin',
    iss: `https://cognito-idp.${region}.amazonaws.com/${userPoolId}`,
    origin_jti: 'bench',
    event_id: 'bench',
    jti: 'bench',
    auth_time: seconds,
    iat: seconds,
    exp: seconds + 3600,
  })
    .setProtectedHeader({ kid, alg: 'RS256' })
    .sign(privateKey);
  return { verifier, token };
}

/** Answers at once with the page that the table would: what is left is the decision, without finding and copying rows. */
async function tableWithoutWork(table: Table): Promise<Table> {
  const page = await table.query({ pk: loginKey(userId).pk, limit: 1000 });
  const refuse = () => Promise.reject(new Error('One query is all it needs'));
  return { get: refuse, getMany: refuse, transact: refuse, query: () => Promise.resolve(page) };
}

async function authorizerRows(): Promise<Row[]> {
  const { verifier, token } = await verifierAndToken();
  const bare = () => verifier.verify(token);
  const header = `Bearer ${token}`;
  const authorised = (table: Table) => {
    const dependencies: AuthorizeDependencies = {
      verify: (given) => verifier.verify(given),
      people: peopleStore(table),
      saveUse: () => Promise.reject(new Error('No use is to be noted')),
      saveLogin: () => Promise.reject(new Error('No sign-in is to be noted')),
      clock: systemClock,
    };
    return () => authorize(dependencies, header, accountOf(0));
  };
  const compare = (table: Table) => paired(authorised(table), bare, { rounds: 900, batch: 10 });
  const rows: Row[] = [];
  for (const [count, aim] of sizes) {
    const table = await tableWith(count);
    const decision = await compare(await tableWithoutWork(table));
    const { ratio } = await compare(table);
    rows.push({
      'accounts of the login': String(count),
      ...(aim === null ? { ratio: decision.ratio.toFixed(2) } : against(decision.ratio, aim)),
      'authorize()': microseconds(decision.first),
      'verify()': microseconds(decision.second),
      'ratio with the table in memory': ratio.toFixed(2),
    });
  }
  return rows;
}

export const authorizerSection: Section = {
  name: 'authorizer',
  title: 'the authoriser’s decision against bare verification of the same token',
  notes: [
    'The decision is all that happens between the header and the context: verifying the token, asking for the rows of the',
    'login, deciding from them, encoding every grant. There are two rows for each account, the part in it and its last use.',
    'The query is answered with a page that lies ready: what reading costs is up to the table, and a deployment has another',
    'one. The last column has the query answered by the table in memory, which finds, sorts and copies the rows.',
  ],
  rows: authorizerRows,
};
