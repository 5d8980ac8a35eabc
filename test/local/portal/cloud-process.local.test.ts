import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { Portal } from '../../../infra/portal/portal.ts';
import { PortalClient } from '../../support/local/portal-client.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const patience = 170_000;

interface Started {
  child: ChildProcess;
  printed: string;
  portal: Portal;
  client: PortalClient;
  ended: Promise<unknown>;
}

const running = new Set<Started['child']>();

afterEach(async () => {
  for (const child of running) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
  running.clear();
});

const stateDir = join(root, '.local');

/** The files in .local that speak of an API at this address. */
async function filesAbout(apiUrl: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await readdir(stateDir).catch(() => [])) {
    if (!name.endsWith('.json')) continue;
    const text = await readFile(join(stateDir, name), 'utf8').catch(() => '');
    if (text.includes(`"${apiUrl}"`)) found.push(name);
  }
  return found.sort();
}

/** Starts the portal in vain: what it says and how it ends. */
async function startInVain(args: string[], PORT: string): Promise<{ said: string; code: unknown }> {
  const child = spawn(process.execPath, ['infra/portal/start.ts', ...args], {
    cwd: root,
    env: { ...process.env, PORT },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, 'close')) as unknown[];
  return { said, code };
}

/** Starts the portal as a process of its own, and is there when it has printed its last line. */
async function start(...args: string[]): Promise<Started> {
  const child = spawn(process.execPath, ['infra/portal/start.ts', ...args], {
    cwd: root,
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  running.add(child);
  const ended = once(child, 'exit');
  const { printed, apiUrl } = await new Promise<{ printed: string; apiUrl: string }>((resolve, reject) => {
    let out = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      const api = /http:\/\/127\.0\.0\.1:\d+(?=\/docs)/.exec(out)?.[0];
      if (api && /Ctrl-C/.test(out)) resolve({ printed: out, apiUrl: api });
    });
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.on('exit', (code) => reject(new Error(`It ended with ${code}: ${out}${errors}`)));
  });
  const name = `portal-${new URL(apiUrl).port}.json`;
  const portal = JSON.parse(await readFile(join(stateDir, name), 'utf8')) as Portal;
  return { child, printed, portal, client: new PortalClient(portal), ended };
}

async function stop({ child, ended }: Started): Promise<void> {
  child.kill('SIGINT');
  await ended;
}

const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

const portsOf = ({ apiUrl, lambdaUrl, cognitoUrl, mailboxUrl, smtp }: Portal): number[] => [
  ...[apiUrl, lambdaUrl, cognitoUrl, mailboxUrl].map((url) => Number(new URL(url).port)),
  smtp.port,
];

/** Whether any process is left of those that this one started. */
function groupIsAlive({ child }: Started): boolean {
  try {
    process.kill(-child.pid!, 0);
    return true;
  } catch {
    return false;
  }
}

describe('the portal as a process', () => {
  test(
    'prints where it is and who may sign in, says so in a file, and leaves nothing when it is stopped',
    async () => {
      const started = await start();
      const { portal, printed, client } = started;
      for (const text of [
        portal.apiUrl,
        portal.docsUrl,
        portal.mailboxUrl,
        portal.lambdaUrl,
        portal.cognitoUrl,
      ])
        expect(printed).toContain(text);
      expect(printed).toContain(String(portal.smtp.port));
      expect(printed).toContain(portal.supportAddress);
      for (const { email, password } of portal.users) {
        expect(printed).toContain(email);
        expect(printed).toContain(password);
      }
      const port = new URL(portal.apiUrl).port;
      expect(await filesAbout(portal.apiUrl)).toContain(`portal-${port}.json`);
      for (const open of portsOf(portal)) expect(await isOpen(open)).toBe(true);

      const token = spawn(process.execPath, ['infra/portal/token.ts', 'owner@acme.test'], {
        cwd: root,
        env: { ...process.env, PORT: port },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let said = '';
      token.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
      await once(token, 'close');
      expect(said).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
      expect((await client.call(said.trim(), 'GET', '/v1/me')).body.user.email).toBe('owner@acme.test');

      await stop(started);
      expect(await filesAbout(portal.apiUrl)).toEqual([]);
      for (const closed of portsOf(portal)) expect(await isOpen(closed)).toBe(false);
      expect(groupIsAlive(started)).toBe(false);
    },
    patience,
  );

  test(
    'runs twice side by side, each for itself, and the end of one is not the end of the other',
    async () => {
      const [full, empty] = await Promise.all([start(), start('--empty')]);
      const ports = [...portsOf(full.portal), ...portsOf(empty.portal)];
      expect(new Set(ports).size).toBe(ports.length);
      for (const { portal } of [full, empty])
        expect(await filesAbout(portal.apiUrl)).toContain(`portal-${new URL(portal.apiUrl).port}.json`);
      expect(empty.portal.users.filter((user) => user.role !== 'staff')).toEqual([]);
      await expect(empty.client.signIn('owner@acme.test', full.portal.users[0]!.password)).rejects.toThrow();

      const token = await full.client.token('owner@acme.test');
      expect((await empty.client.call(token, 'GET', '/v1/me')).status).toBe(401);
      await stop(empty);
      expect(await filesAbout(empty.portal.apiUrl)).toEqual([]);
      expect(await filesAbout(full.portal.apiUrl)).not.toEqual([]);
      expect((await full.client.call(token, 'GET', '/v1/accounts/acct_acme/tickets')).status).toBe(200);
      await stop(full);
      expect(await filesAbout(full.portal.apiUrl)).toEqual([]);
      for (const port of ports) expect(await isOpen(port)).toBe(false);
      for (const started of [full, empty]) expect(groupIsAlive(started)).toBe(false);
    },
    patience,
  );

  test(
    'keeps its data where it is told to, and has them when it is started again',
    async () => {
      const data = await mkdtemp(join(tmpdir(), 'portal-data-'));
      try {
        const first = await start('--data', data);
        const before = await first.client.token('owner@acme.test');
        const opened = await first.client.call(before, 'POST', '/v1/accounts/acct_acme/tickets', {
          subject: 'Kept',
          message: 'Hello.',
        });
        expect(opened.status).toBe(201);
        await stop(first);

        const second = await start('--data', data);
        const { password } = first.portal.users.find((user) => user.email === 'owner@acme.test')!;
        const after = await second.client.signIn('owner@acme.test', password);
        const path = `/v1/accounts/acct_acme/tickets/${opened.body.id}`;
        expect((await second.client.call(after, 'GET', path)).body).toEqual(opened.body);
        const contacts = await second.client.call(after, 'GET', '/v1/accounts/acct_acme/contacts');
        expect(contacts.body.items).toHaveLength(5);
        await stop(second);
      } finally {
        await rm(data, { recursive: true, force: true });
      }
    },
    patience,
  );

  test.each([
    ['an option that it does not know', ['--emtpy'], '0', /--emtpy.*--origin/],
    ['an argument that is no option', ['empty'], '0', /'empty'/],
    ['an origin that is none', ['--origin', 'localhost:5173'], '0', /'localhost:5173'/],
    ['a port that is none', [], 'http', /PORT.*'http'/],
    ['a port that is too large', [], '65536', /PORT.*'65536'/],
  ])(
    'says in one line why it does not start: %s',
    async (_name, args, port, why) => {
      const { said, code } = await startInVain(args, port);
      expect(said).toMatch(why);
      expect([said.trimEnd().split('\n').length, code]).toEqual([1, 1]);
    },
    patience,
  );

  test(
    'says in one line that its port is taken',
    async () => {
      const other = createServer().listen(0, '127.0.0.1');
      await once(other, 'listening');
      const { port } = other.address() as AddressInfo;
      const { said, code } = await startInVain([], String(port));
      other.close();
      expect(said).toContain(`Port ${port} is in use`);
      expect([said.trimEnd().split('\n').length, code]).toEqual([1, 1]);
    },
    patience,
  );
});
