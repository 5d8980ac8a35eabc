import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Liquid } from 'liquidjs';
import { Refusal } from './refusal.ts';
import type { Names } from './names.ts';
import type { Wanted } from './wanted.ts';

const folder = join(import.meta.dirname, 'templates');

/** Guillemets, because TypeScript has braces of its own. */
const engine = new Liquid({
  outputDelimiterLeft: '«',
  outputDelimiterRight: '»',
  strictVariables: true,
  strictFilters: true,
});

/** The new files by their paths from the root, before they are formatted. */
export function renderFiles({ names, permission }: Wanted, idPrefix: string): Map<string, string> {
  requireUnused(names);
  const { name, singular } = names;
  const targets = {
    'functions/routes.ts': `functions/${name}/routes.ts`,
    'functions/schemas.ts': `functions/${name}/schemas.ts`,
    'functions/create.ts': `functions/${name}/create-${singular}.ts`,
    'functions/change.ts': `functions/${name}/change-${singular}.ts`,
    'functions/api.ts': `functions/${name}/api.ts`,
    'functions/index.ts': `functions/${name}/index.ts`,
    'shared/entity.ts': `shared/${name}/${singular}.ts`,
    'shared/store.ts': `shared/${name}/${singular}-store.ts`,
    'test/capability.test.ts': `test/functions/${name}/${name}.test.ts`,
  };
  const scope = { ...names, permission, idPrefix };
  return new Map(
    Object.entries(targets).map(([template, target]) => [target, render(read(`${template}.liquid`), scope)]),
  );
}

function render(text: string, scope: object): string {
  return engine.parseAndRenderSync(text, scope) as string;
}

function read(file: string): string {
  return readFileSync(join(folder, file), 'utf8');
}

/** @throws Refusal where the new files have another meaning for one of the names */
function requireUnused({ things, thing, Things, Thing }: Names): void {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const words = new Set(
    files.filter((file) => file.endsWith('.liquid')).flatMap((file) => wordsOf(read(file))),
  );
  const used = [things, thing, Things, Thing].find((each) => words.has(each));
  if (used) throw new Refusal(`"${used}" is a reserved name: the new files have another use for it.`);
}

/** What a template’s code calls things, without its comments and texts. */
function wordsOf(template: string): string[] {
  const code = template.replaceAll(/\/\*[\s\S]*?\*\/|'[^'\n]*'/g, '');
  return code.match(/[A-Za-z_$][\w$]*/g) ?? [];
}
