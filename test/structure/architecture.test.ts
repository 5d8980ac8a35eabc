import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { capabilities, everyRoute } from '../../functions/routes.ts';
import type { Handled } from '../../shared/http/request.ts';
import { routeKey } from '../../shared/http/route.ts';

/** The house rules of who may know whom, read from the sources. */
const root = join(import.meta.dirname, '../..');

interface Import {
  /** A file of ours from the root, or a package's name. */
  target: string;
  typeOnly: boolean;
}

interface Source {
  file: string;
  text: string;
  imports: Import[];
}

function sourcesIn(folder: string): Source[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${folder}/${file.replaceAll('\\', '/')}`)
    .toSorted()
    .map(readSource);
}

function readSource(file: string): Source {
  const text = readFileSync(join(root, file), 'utf8');
  return { file, text, imports: importsOf(file, text) };
}

function importsOf(file: string, text: string): Import[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '');
  const statements = code.matchAll(/^(?:import|export)\s+(?:([^;'"]*?)\s+from\s+)?['"]([^'"]+)['"]/gm);
  const dynamic = code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g);
  return [
    ...[...statements].map(([, what, name]) => ({
      target: targetOf(file, name!),
      typeOnly: isOfTypes(what),
    })),
    ...[...dynamic].map(([, name]) => ({ target: targetOf(file, name!), typeOnly: false })),
  ];
}

/** `type { A }`, or braces in which every name is marked as a type. */
function isOfTypes(what: string | undefined): boolean {
  if (what === undefined) return false;
  const braces = /^\{([\s\S]*)\}$/.exec(what)?.[1];
  const names = braces?.split(',').filter((name) => name.trim() !== '');
  return /^type\b/.test(what) || (names?.every((name) => name.trim().startsWith('type ')) ?? false);
}

function targetOf(file: string, name: string): string {
  if (!name.startsWith('.')) return name;
  return relative(root, resolve(root, dirname(file), name)).replaceAll('\\', '/');
}

const shared = sourcesIn('shared');
const functions = sourcesIn('functions');
const infra = sourcesIn('infra');
const tests = sourcesIn('test');
const bySource = new Map([...shared, ...functions].map((source) => [source.file, source]));

/** Whoever imports what it may not, with what: empty where all is well. */
function offences(
  sources: Source[],
  forbidden: (target: string, source: Source, found: Import) => boolean,
): string[] {
  return sources.flatMap((source) =>
    source.imports
      .filter((found) => forbidden(found.target, source, found))
      .map(({ target }) => `${source.file} imports ${target}`),
  );
}

/** Everything that runs when a file is loaded: its imports and theirs. */
function reachedFrom(file: string): Set<string> {
  const reached = new Set<string>();
  const open = [file];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const { target, typeOnly } of bySource.get(next)?.imports ?? []) {
      if (typeOnly || reached.has(target)) continue;
      reached.add(target);
      open.push(target);
    }
  }
  return reached;
}

const isAws = (target: string) => /^(@aws-sdk\/|@smithy\/|aws-jwt-verify|aws-sdk)/.test(target);
const isEntry = (file: string) => /^functions\/[^/]+\/index\.ts$/.test(file);
/** Folders that are one capability: routes about the mail that came in, and whoever looks after payments. */
const partOf: Record<string, string> = { 'mail-in': 'inbound-mail', 'payment-janitor': 'payments' };

/** A capability by its folder. */
function capabilityOf(file: string): string | undefined {
  const folder = /^functions\/([^/]+)\//.exec(file)?.[1];
  return folder === undefined ? undefined : (partOf[folder] ?? folder);
}

test('the sources are read as they are', () => {
  expect(functions.length).toBeGreaterThan(40);
  expect(bySource.get('functions/contacts/index.ts')?.imports.map(({ target }) => target)).toContain(
    'shared/aws/dynamo-table.ts',
  );
  for (const { imports } of [...shared, ...functions, ...infra]) {
    for (const { target } of imports) {
      if (/^(shared|functions|infra|test)\//.test(target))
        expect(existsSync(join(root, target)) && target).toBe(target);
    }
  }
});

describe('who may import whom', () => {
  test('shared knows nothing of functions, infra and tests', () => {
    expect(offences(shared, (target) => /^(functions|infra|test)\b/.test(target))).toEqual([]);
  });

  test('functions know nothing of infra and tests', () => {
    expect(offences(functions, (target) => /^(infra|test)\b/.test(target))).toEqual([]);
  });

  test('nothing that is delivered knows the tests', () => {
    expect(offences(infra, (target) => target.startsWith('test/'))).toEqual([]);
  });

  test('AWS is spoken to in shared/aws and by the functions’ entries alone', () => {
    const silent = [...shared, ...functions].filter(
      ({ file }) => !file.startsWith('shared/aws/') && !isEntry(file),
    );
    expect(offences(silent, isAws)).toEqual([]);
  });

  test.each([
    'functions/accounts/account.ts',
    'shared/accounts/contact.ts',
    'functions/contacts/effective-access.ts',
    'shared/mail/received/answer-limit.ts',
    'shared/inbound-mail/decide-mail.ts',
    'shared/mail/message/automatic-mail.ts',
    'shared/tickets/recipients.ts',
    'shared/tickets/ticket.ts',
    'shared/payments/mass-payment.ts',
    'shared/payments/payment.ts',
    'shared/quotes/quote.ts',
    'shared/invoices/invoice.ts',
    'shared/invoices/invoice-notice.ts',
    'shared/core/money.ts',
    'shared/core/day.ts',
    'shared/access/caller.ts',
    'shared/access/decide.ts',
    'shared/access/delegation.ts',
    'shared/access/permissions.ts',
    'shared/accounts/people.ts',
  ])('the rules in %s need no AWS, no store and no network to run', (file) => {
    expect(bySource.has(file)).toBe(true);
    const reached = [...reachedFrom(file)];
    const outside = /^(@aws-|@middy|node:(http|https|net|dns|fs|child_process|worker_threads))/;
    expect(reached.filter((target) => isAws(target) || outside.test(target))).toEqual([]);
    expect(reached.filter((target) => /-store\.ts$|^shared\/aws\/(?!table\.ts)/.test(target))).toEqual([]);
  });

  test('a capability’s store is its own: others ask the capability, or have it wired by an entry', () => {
    const foreign = (target: string, { file }: Source, { typeOnly }: Import) => {
      const owner = target.endsWith('-store.ts') ? capabilityOf(target) : undefined;
      const free = typeOnly || isEntry(file) || capabilityOf(file) === 'inbound-mail';
      return owner !== undefined && owner !== capabilityOf(file) && !free;
    };
    expect(offences(functions, foreign)).toEqual([]);
  });

  test('nobody imports an entry: it is the function’s own', () => {
    expect(offences([...shared, ...functions, ...infra, ...tests], isEntry)).toEqual([]);
  });
});

describe('what a file may be', () => {
  const delivered = [...shared, ...functions, ...infra];

  test('no file has more than 400 lines', () => {
    const long = delivered.filter(({ text }) => text.trimEnd().split('\n').length > 400);
    expect(long.map(({ file }) => file)).toEqual([]);
  });

  test('no file only hands on what others export', () => {
    const barrels = delivered.filter(({ text }) => {
      const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
      const statements = code.split(';').map((statement) => statement.trim());
      const said = statements.filter((statement) => statement !== '');
      return said.length > 0 && said.every((statement) => /^export\b[\s\S]*\bfrom\s*['"]/.test(statement));
    });
    expect(barrels.map(({ file }) => file)).toEqual([]);
  });

  test('every file has a name in small letters and dashes', () => {
    const names = [...delivered, ...tests].filter(
      ({ file }) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.((local|long)\.)?test|\.d)?\.ts$/.test(basename(file)),
    );
    expect(names.map(({ file }) => file)).toEqual([]);
  });

  test('no folder is a drawer for whatever has no place', () => {
    const drawers = /(^|\/)(utils?|helpers?|common|misc|types)\//;
    expect([...delivered, ...tests].map(({ file }) => file).filter((file) => drawers.test(file))).toEqual([]);
  });

  test('the environment is read by entries, in shared/aws and in infra alone', () => {
    const readers = [...shared, ...functions].filter(
      ({ file, text }) =>
        /\bprocess\s*\.\s*env\b/.test(text) && !isEntry(file) && !file.startsWith('shared/aws/'),
    );
    expect(readers.map(({ file }) => file)).toEqual([]);
  });
});

describe('every capability', () => {
  const folders = readdirSync(join(root, 'functions'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
  const withRoutes = folders.filter((name) => bySource.has(`functions/${name}/routes.ts`));

  test('has an entry', () => {
    expect(folders.filter((name) => !bySource.has(`functions/${name}/index.ts`))).toEqual([]);
  });

  test('with routes stands in the list of the whole API, under its own name', () => {
    expect(capabilities.map((capability) => capability.name).toSorted()).toEqual(withRoutes.toSorted());
    for (const { name } of capabilities) {
      const { imports } = bySource.get('functions/routes.ts')!;
      expect(imports.map(({ target }) => target)).toContain(`functions/${name}/routes.ts`);
    }
  });

  test.each(withRoutes)('%s declares all its routes to the API, each once', async (name) => {
    const declared = (await import(`../../functions/${name}/routes.ts`)) as Record<string, unknown>;
    const single = Object.values(declared).filter(
      (value) => typeof value === 'object' && value !== null && 'method' in value,
    );
    const { routes } = capabilities.find((capability) => capability.name === name)!;
    expect(new Set(routes)).toEqual(new Set(single));
    expect(routes).toHaveLength(single.length);
  });

  test.each(withRoutes)('%s answers each of its routes, and no other', async (name) => {
    const made = (await import(`../../functions/${name}/api.ts`)) as Record<string, unknown>;
    const apis = Object.entries(made).filter(([what]) => what.endsWith('Api'));
    expect(apis).toHaveLength(1);
    // What answers is bound before anything is asked of what it depends on.
    const handled = (apis[0]![1] as (dependencies: object) => Handled[])({});
    const { routes } = capabilities.find((capability) => capability.name === name)!;
    expect(handled.map(({ route }) => routeKey(route)).toSorted()).toEqual(routes.map(routeKey).toSorted());
    expect(new Set(handled.map(({ route }) => route))).toEqual(new Set(routes));
  });

  test('answers paths that no other one answers', () => {
    const shape = (key: string) => key.replaceAll(/\{\w+\}/g, '{}');
    const shapes = everyRoute.map((route) => shape(routeKey(route)));
    expect(shapes.filter((key, index) => shapes.indexOf(key) !== index)).toEqual([]);
  });
});
