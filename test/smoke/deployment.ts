import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

export interface Login {
  email: string;
  password: string;
}

/** Where a portal is, and who may sign in there. */
export interface Deployment {
  apiUrl: string;
  clientId: string;
  region: string;
  /** Another user pool than AWS's own; undefined for that of the region. */
  cognitoUrl: string | undefined;
  owner: Login;
  staff: Login;
  /** The owner's account that is used; undefined for the first that the owner has. */
  accountId: string | undefined;
}

const usage = `npm run smoke
    against the portal that runs on this machine; with PORT set, the one on that port
npm run smoke -- --url API --client ID --owner EMAIL:PASSWORD --staff EMAIL:PASSWORD
    against a deployment. Further options:
    --region REGION     of its user pool (AWS_REGION, or eu-west-1)
    --cognito URL       of its user pool, where that is not AWS's
    --account ID        of the owner's account to use (the first one)
`;

const options = {
  url: { type: 'string' },
  cognito: { type: 'string' },
  client: { type: 'string' },
  region: { type: 'string' },
  owner: { type: 'string' },
  staff: { type: 'string' },
  account: { type: 'string' },
} as const;

/** @throws Error with the usage, for options that do not name a deployment */
export function readDeployment(): Deployment {
  try {
    const { values } = parseArgs({ options });
    const found = values.url === undefined ? runningPortal() : undefined;
    return {
      apiUrl: (values.url ?? found?.apiUrl ?? '').replace(/\/$/, ''),
      clientId: values.client ?? found?.userPoolClientId ?? missing('--client'),
      region: values.region ?? found?.userPoolId.split('_')[0] ?? process.env['AWS_REGION'] ?? 'eu-west-1',
      cognitoUrl: values.cognito ?? found?.cognitoUrl,
      owner: values.owner === undefined ? loginOf(found, 'owner') : readLogin('--owner', values.owner),
      staff: values.staff === undefined ? loginOf(found, 'staff') : readLogin('--staff', values.staff),
      accountId: values.account,
    };
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\n${usage}`, { cause: error });
  }
}

/** What a portal that runs on this machine writes about itself. */
interface RunningPortal {
  apiUrl: string;
  cognitoUrl: string;
  userPoolId: string;
  userPoolClientId: string;
  users: (Login & { role: string })[];
}

function runningPortal(): RunningPortal {
  const { PORT } = process.env;
  const name = PORT ? `portal-${PORT}.json` : 'portal.json';
  const file = join(import.meta.dirname, '..', '..', '.local', name);
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as RunningPortal;
  } catch (error) {
    throw new Error(`No portal is running here: there is no .local/${name}. Start one with npm start.`, {
      cause: error,
    });
  }
}

function loginOf(portal: RunningPortal | undefined, role: 'owner' | 'staff'): Login {
  return portal?.users.find((user) => user.role === role) ?? missing(`--${role}`);
}

function readLogin(option: string, value: string): Login {
  const [, email, password] = /^([^:]+):(.+)$/s.exec(value) ?? [];
  if (!email || !password) throw new Error(`${option} takes EMAIL:PASSWORD.`);
  return { email, password };
}

function missing(option: string): never {
  throw new Error(`${option} is missing.`);
}
