import { execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** What the generator writes is held to every check, in a copy of the tree. */
const root = join(import.meta.dirname, '../../..');
const copy = mkdtempSync(join(tmpdir(), 'annex-new-'));
/** Ample: a busy machine is no failure. */
const timeout = 300_000;

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

const unitTests = (...which: string[]) =>
  run('vitest', 'run', '--project', 'unit', `--testTimeout=${timeout}`, `--hookTimeout=${timeout}`, ...which);

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
  const closed = await generate('capability', 'ssl-certificates', '--permission', 'invoices');
  const open = await generate('capability', 'policies', '--permission', 'member');
  expect([closed, open]).toEqual([passed, passed]);
  const lines = `${closed.output}${open.output}`.split('\n');
  files = [...new Set(lines.filter((line) => existsSync(join(copy, line)) && line !== ''))];
}, timeout);

afterAll(() => {
  rmSync(copy, { recursive: true, force: true });
});

describe.concurrent('two new capabilities, one behind a permission and one for every member', () => {
  test('pass types and lint as they are', { timeout }, async () => {
    const sources = files.filter((file) => file.endsWith('.ts'));
    expect(sources.length).toBeGreaterThan(2 * 9);
    // It checks the types as tsc does, of these files alone.
    const checked = await run('oxlint', '--type-aware', '--type-check', '--deny-warnings', ...sources);
    expect(checked).toEqual(passed);
  });

  test('are formatted', { timeout }, async () => {
    expect(await run('prettier', '--check', ...files)).toEqual(passed);
  });

  test('pass their own tests and those of the structure and the recorded sizes', { timeout }, async () => {
    const tests = [
      'test/functions/ssl-certificates',
      'test/functions/policies',
      'test/structure/architecture',
      'test/structure/capabilities',
      'test/structure/rules',
      'test/bench/bundles',
    ];
    const ran = await unitTests(...tests);
    expect(ran).toEqual(passed);
    for (const file of tests) expect(ran.output).toContain(file);
  });

  test('stand in the access matrix and in the bench of routes', { timeout }, async () => {
    // Names of tests are cut short, so a beginning has to do.
    const named = ['-t', '/ssl-cert|/policies|has a scenario|is left of a route'];
    const ran = await unitTests(...named, 'test/matrix/matrix.test.ts', 'test/bench/routes');
    expect(ran).toEqual(passed);
    expect(ran.output).toMatch(/Test Files.* 2 passed/);
  });
});

test('what is refused is told in one line', { timeout }, async () => {
  const refused = await generate('capability', 'quotes');
  expect(refused).toEqual({ code: 1, output: 'functions/quotes exists already.\n' });
});
