import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CognitoIdentityProviderClient,
  InitiateAuthCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import type { Portal } from './portal.ts';
import { region } from '../local/template/physical.ts';

/** `npm run token -- owner@acme.test [password]`: an access token of the running portal, alone on stdout. */
async function main(): Promise<void> {
  const [email, given] = process.argv.slice(2);
  const { PORT } = process.env;
  const name = PORT ? `portal-${PORT}.json` : 'portal.json';
  const file = join(import.meta.dirname, '..', '..', '.local', name);
  const portal = JSON.parse(readFileSync(file, 'utf8')) as Portal;
  const password = given ?? portal.users.find((user) => user.email === email)?.password;
  if (!email || !password) {
    const known = [...new Set(portal.users.map((user) => user.email))].join(', ');
    throw new Error(`Say whose token: npm run token -- ADDRESS [PASSWORD]. Known: ${known}`);
  }
  const cognito = new CognitoIdentityProviderClient({
    region,
    endpoint: portal.cognitoUrl,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const signedIn = await cognito.send(
    new InitiateAuthCommand({
      AuthFlow: 'USER_PASSWORD_AUTH',
      ClientId: portal.userPoolClientId,
      AuthParameters: { USERNAME: email, PASSWORD: password },
    }),
  );
  const { AuthenticationResult: result, ChallengeName: challenge } = signedIn;
  if (!result?.AccessToken) throw new Error(`The user pool asks for ${challenge ?? 'something else'}`);
  process.stdout.write(`${result.AccessToken}\n`);
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
