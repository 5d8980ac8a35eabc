// The time zone is Lambda's, and must be set before anything reads the time.
process.env['TZ'] = 'UTC';

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { CannotStart, defaultPort, readOptions, type StartOptions } from './options.ts';
import type { Portal, RunningPortal } from './portal.ts';

const folder = join(import.meta.dirname, '..', '..', '.local');

/** `npm start`: the whole portal on this machine until Ctrl-C, leaving nothing behind. */
async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2), process.env);
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
  const cloud = await start(options);
  const files = announce(cloud.portal);
  await stopped;
  process.stdout.write('\nStopping …\n');
  for (const file of files) forget(file, cloud.portal);
  await cloud.close();
}

async function start({ port, empty, dataDir, origins }: StartOptions): Promise<RunningPortal> {
  const next = (offset: number) => (port === 0 ? 0 : freePort(port + offset));
  // Asked first, because what comes before the API takes a while to start.
  if ((await freePort(port)) !== port) throw taken(port);
  const ports = {
    api: port,
    lambda: await next(1),
    cognito: await next(2),
    mailbox: await next(3),
    smtp: await freePort(port === defaultPort ? 2525 : 0),
  };
  const data = dataDir === undefined ? {} : { dataDir };
  // Loaded last: it is most of the program, and what is wrong until here is said at once.
  const { startPortal } = await import('./portal.ts');
  return startPortal({ ports, origins, demo: !empty, ...data }).catch((error: NodeJS.ErrnoException) => {
    // Somebody else was quicker.
    throw error.code === 'EADDRINUSE' ? taken(port) : error;
  });
}

const taken = (port: number): CannotStart =>
  new CannotStart(`Port ${port} is in use or not allowed. Choose another one: PORT=4000 npm start`);

/** The wanted port if it is free, any other one otherwise, so that several portals run side by side. */
async function freePort(wished: number): Promise<number> {
  if (wished > 65_535) return 0;
  const probe = createServer();
  const taken = await new Promise<boolean>((resolve) => {
    probe.once('error', () => resolve(true));
    probe.listen(wished, '127.0.0.1', () => resolve(false));
  });
  if (!taken) await new Promise((resolve) => probe.close(resolve));
  return taken ? 0 : wished;
}

/** Prints where everything is and writes it to .local: portal.json for the newest portal, and one by its port. */
function announce(portal: Portal): string[] {
  const { port } = new URL(portal.apiUrl);
  mkdirSync(folder, { recursive: true });
  const files = [join(folder, 'portal.json'), join(folder, `portal-${port}.json`)];
  for (const file of files) writeFileSync(file, `${JSON.stringify(portal, null, 2)}\n`);
  const logins = portal.users.map(
    ({ email, password, role, accountId = '' }) => `  ${email.padEnd(22)} ${password}  ${role} ${accountId}`,
  );
  process.stdout.write(
    [
      `API       ${portal.apiUrl}    docs ${portal.docsUrl}`,
      `Mailbox   ${portal.mailboxUrl}    the mail that went out`,
      `Mail in   smtp://${portal.smtp.host}:${portal.smtp.port}    to ${portal.supportAddress}`,
      `Lambda    ${portal.lambdaUrl}    Cognito ${portal.cognitoUrl}`,
      ...(logins.length > 0 ? ['Logins', ...logins] : []),
      'Ctrl-C stops it.',
      '',
    ].join('\n'),
  );
  return files;
}

/** Removes the file, unless another portal has written its own there since. */
function forget(file: string, portal: Portal): void {
  try {
    const written = JSON.parse(readFileSync(file, 'utf8')) as Portal;
    if (written.apiUrl === portal.apiUrl) rmSync(file);
  } catch {
    // The file is gone already.
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof CannotStart)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
