import { execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { planCapability } from '../../../infra/new/capability.ts';
import { readWanted } from '../../../infra/new/wanted.ts';

/** What the generator writes is held to every check, in a copy of the tree. */
const root = join(import.meta.dirname, '../../..');
const copy = mkdtempSync(join(tmpdir(), 'annex-new-'));
/** Ample: a busy machine is no failure. */
const timeout = 600_000;

interface Ran {
  code: number;
  output: string;
}

/** Runs a tool in the copy, with nothing of this run in its environment. */
function run(tool: string, ...args: string[]): Promise<Ran> {
  const PATH = `${join(copy, 'node_modules', '.bin')}:${process.env['PATH']}`;
  return new Promise((resolve) => {
    const options = { cwd: copy, env: { PATH, NO_COLOR: '1' }, maxBuffer: 64 * 1024 * 1024 };
    execFile(tool, args, options, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? -1) : 0, output: `${stdout}${stderr}` });
    });
  });
}

const generate = (...args: string[]) => run(process.execPath, 'infra/new/new.ts', ...args);

/** What a new capability is held to: its own tests, and those that go through all capabilities. */
const suites = [
  'test/functions/ssl-certificates',
  'test/structure/architecture',
  'test/structure/capabilities',
  'test/structure/rules',
  'test/bench/bundles',
  'test/bench/routes',
  'test/matrix/matrix.test.ts',
];

/** One worker, so that what the suites import is loaded once. */
const reporting = ['--maxWorkers=1', '--reporter=json', '--outputFile=report.json'];

/** What vitest says as JSON, as far as it is read here. */
interface Report {
  testResults: { name: string; message: string; assertionResults: { fullName: string; status: string }[] }[];
}

const testsOf = ({ assertionResults }: Report['testResults'][number], wanted: string): string[] =>
  assertionResults.filter(({ status }) => status === wanted).map(({ fullName }) => fullName);

/** What git knows, and what it would: the tree without anything that was built. */
function copyTree(): void {
  const listed = [
    'ls-files',
    '-z',
    '--cached',
    '--others',
    '--exclude-standard',
    '--',
    '.',
    ':!node_modules',
  ];
  const files = execFileSync('git', listed, { cwd: root, encoding: 'utf8' }).split('\0');
  for (const file of new Set(files)) {
    if (file !== '' && existsSync(join(root, file))) cpSync(join(root, file), join(copy, file));
  }
  symlinkSync(realpathSync(join(root, 'node_modules')), join(copy, 'node_modules'));
}

const passed: Ran = { code: 0, output: expect.any(String) };
/** Every file that was added or changed. */
let files: string[];

beforeAll(async () => {
  copyTree();
  const generated = await generate('capability', 'ssl-certificates', '--permission', 'invoices');
  expect(generated).toEqual(passed);
  const lines = generated.output.split('\n');
  files = lines.filter((line) => existsSync(join(copy, line)) && line !== '');
}, timeout);

afterAll(() => {
  rmSync(copy, { recursive: true, force: true });
});

describe.concurrent(
  'a new capability',
  () => {
    test('passes types and lint as it is', { timeout }, async () => {
      const sources = files.filter((file) => file.endsWith('.ts'));
      expect(sources.length).toBeGreaterThan(9);
      // It checks the types as tsc does, of these files alone.
      const checked = await run('oxlint', '--type-aware', '--type-check', '--deny-warnings', ...sources);
      expect(checked).toEqual(passed);
    });

    test('is formatted', { timeout }, async () => {
      expect(await run('prettier', '--check', ...files)).toEqual(passed);
    });

    test('passes its own tests and those of the structure, the recorded sizes, the matrix and the bench', async () => {
      const { code } = await run('vitest', 'run', '--project=unit', ...reporting, ...suites);
      const { testResults } = JSON.parse(readFileSync(join(copy, 'report.json'), 'utf8')) as Report;
      const failed = testResults.flatMap((file) => [file.message, ...testsOf(file, 'failed')]);
      expect({ code, failed: failed.filter((each) => each !== '') }).toEqual({ code: 0, failed: [] });
      const ran = (suite: string) => testResults.filter(({ name }) => name.includes(suite));
      for (const suite of suites) expect({ suite, ran: ran(suite).length > 0 }).toEqual({ suite, ran: true });
      // Names of tests are cut short, so a beginning has to do.
      const inMatrix = ran('test/matrix').flatMap((file) => testsOf(file, 'passed'));
      expect(inMatrix.filter((name) => name.includes('/ssl-cert')).length).toBeGreaterThan(0);
    });
  },
  timeout,
);

test('a capability for every member differs in its routes and in what its tests show of them', async () => {
  const plan = await planCapability(root, readWanted(['capability', 'policies', '--permission', 'member']));
  expect(plan.added.get('functions/policies/routes.ts')!.match(/permission: '.*'/g)).toEqual(
    Array(4).fill("permission: 'member'"),
  );
  const shown = plan.added.get('test/functions/policies/policies.test.ts')!;
  expect(shown).toContain("test('needs a part in the account, and no permission'");
  expect(shown).not.toContain('permissionKeys');
});

test('what is refused is told in one line', { timeout }, async () => {
  const refused = await generate('capability', 'quotes');
  expect(refused).toEqual({ code: 1, output: 'functions/quotes exists already.\n' });
});
