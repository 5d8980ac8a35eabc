import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { join, relative, sep } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const cache = join(root, '.build', 'local');

/** What only runs the stacks on this machine; the synthesis does not read it. */
const localOnly = ['local', 'portal', 'sandbox', 'demo'].map((folder) => join('infra', folder) + sep);

/** The context that the local portal is synthesised with. */
export const localContext = {
  stage: 'local',
  providerName: 'Annex',
  mailDomain: 'portal.test',
  supportMailbox: 'support',
  portalUrl: 'http://portal.test',
  alarmEmail: '',
  paymentGateways: 'sandbox,bank-transfer,credit',
  registrar: 'sandbox',
  taxIdRegistry: 'sandbox',
  staffEmail: 'staff@portal.test',
  firstAdministrator: '',
  oneMachine: 'yes',
};

/** The folder with the synthesised stacks, which are made once for each state of the sources. */
export async function synthesised(): Promise<string> {
  const dir = join(cache, sourcesHash());
  if (existsSync(dir)) {
    utimesSync(dir, new Date(), new Date());
    return dir;
  }
  mkdirSync(cache, { recursive: true });
  const made = mkdtempSync(join(cache, 'new-'));
  try {
    await synthesise(made);
    // Another start may have been quicker; its stacks are the same.
    if (!existsSync(dir)) renameSync(made, dir);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  removeUnused(dir);
  return dir;
}

async function synthesise(outdir: string): Promise<void> {
  const { context } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')) as { context: object };
  const child = spawn(process.execPath, [join(root, 'infra', 'app.ts')], {
    cwd: root,
    env: {
      ...process.env,
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify({ ...context, ...localContext }),
      // CDK's check against CloudFormation's rules takes longer than all else: it is for what is deployed.
      CDK_VALIDATION: 'false',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  if (code !== 0) throw new Error(`The stack could not be synthesised (exit ${String(code)})`);
}

/** A hash of everything that the stacks and their bundles are made from. */
function sourcesHash(): string {
  const hash = createHash('sha256').update(JSON.stringify(localContext));
  const files = ['functions', 'shared', 'infra'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  );
  const sources = files.filter(
    (file) => file.endsWith('.ts') && !localOnly.some((folder) => file.startsWith(folder)),
  );
  for (const file of [...sources.sort(), 'cdk.json', 'package-lock.json']) {
    hash
      .update(relative('.', file))
      .update('\0')
      .update(readFileSync(join(root, file)));
  }
  return hash.digest('hex').slice(0, 16);
}

/** Removes what no start has asked for in a day. Another running portal may still read a newer synthesis. */
function removeUnused(current: string): void {
  const dayMs = 24 * 60 * 60 * 1000;
  for (const name of readdirSync(cache)) {
    const dir = join(cache, name);
    if (dir !== current && Date.now() - statSync(dir).mtimeMs > dayMs)
      rmSync(dir, { recursive: true, force: true });
  }
}
