import { CognitoJwtVerifier } from 'aws-jwt-verify';
import type { Jwks } from 'aws-jwt-verify/jwk';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { type AuthorizeDependencies, authorize } from '../../../functions/authorizer/authorize.ts';
import { permissionKeys } from '../../../shared/access/permissions.ts';
import type { Table } from '../../../shared/table/table.ts';
import { systemClock } from '../../../shared/core/clock.ts';
import { loginKey } from '../../../shared/table/keys.ts';
import { loginRow, memberRow, peopleStore } from '../../../shared/accounts/people-store.ts';
import { MemoryTable } from '../../../shared/table/memory-table.ts';
import { paired } from '../measure.ts';
import { against, microseconds, type Row, type Section } from '../report.ts';

const region = 'eu-west-1';
const userPoolId = `${region}_Bench0000`;
const clientId = 'benchclient';
const userId = 'usr_bench';
const accounts = [1, 10, 50];

/** A table with one login that has a part in so many accounts, and nobody else: the decision, not the table. */
async function tableWith(memberships: number): Promise<MemoryTable> {
  const table = new MemoryTable();
  const login = {
    userId,
    name: 'Bench',
    email: 'bench@portal.test',
    staff: false,
    accounts: memberships,
    // In the future, so that no sign-in has to be noted.
    lastSignInAt: new Date(Date.now() + 3_600_000).toISOString(),
    notBeforeSeconds: 0,
    version: '',
  };
  const parts = Array.from({ length: memberships }, (_, index) =>
    memberRow(userId, {
      accountId: `acct_${String(index).padStart(26, '0')}`,
      role: 'sub-account',
      contactId: `con_${String(index).padStart(26, '0')}`,
      permissions: permissionKeys.filter((_key, bit) => bit % 2 === 0),
      expiresAtSeconds: null,
    }),
  );
  await table.transact([loginRow(login, 'new'), ...parts]);
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

/** Answers with the page that the table would: what is left is the portal's own work, without a table's. */
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
      saveUse: () => Promise.resolve(),
      saveLogin: () => Promise.reject(new Error('No sign-in is to be noted')),
      clock: systemClock,
    };
    return () => authorize(dependencies, header);
  };
  const row = async (what: string, table: Table): Promise<Row> => {
    const measured = await paired(authorised(table), bare, { rounds: 300, batch: 10 });
    return {
      'a login with': what,
      ...against(measured.ratio, 1.25),
      'authorize()': microseconds(measured.first),
      'verify()': microseconds(measured.second),
    };
  };
  const rows: Row[] = [];
  for (const count of accounts) {
    const table = await tableWith(count);
    const what = `${count} ${count === 1 ? 'account' : 'accounts'}`;
    rows.push(await row(what, table), await row(`${what}, reading apart`, await tableWithoutWork(table)));
  }
  return rows;
}

export const authorizerSection: Section = {
  name: 'authorizer',
  title: 'the authoriser’s whole decision against bare verification of the same token',
  notes: [
    'The memberships come out of the table in memory. "Reading apart": its query is answered with a page that lies',
    'ready, so that finding and copying items in memory, which no deployment does, is left out.',
  ],
  rows: authorizerRows,
};
