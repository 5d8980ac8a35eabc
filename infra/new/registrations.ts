import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasWord, withEntry, withImport, withImportedName, withLineBefore } from './edits.ts';
import type { Names } from './names.ts';
import { Refusal } from './refusal.ts';

/** One place that has to know of every capability. */
interface Registration {
  file: string;
  /** The names that the file does not have yet. */
  introduces: string[];
  edit(text: string): string;
}

/**
 * The files that change, by their paths from the root, before they are formatted.
 * @throws Refusal where one of them has another meaning for a name
 */
export function editedFiles(root: string, names: Names, idPrefix: string): Map<string, string> {
  const registrations = [
    ...delivered(names, idPrefix),
    ...tested(names),
    ...benched(names),
    ...placed(names),
  ];
  return new Map(registrations.map((each) => [each.file, edited(root, each)]));
}

function edited(root: string, { file, introduces, edit }: Registration): string {
  const text = readFileSync(join(root, file), 'utf8');
  const used = introduces.find((name) => hasWord(text, name));
  if (used) throw new Refusal(`"${used}" is a reserved name: ${file} has another use for it.`);
  return edit(text);
}

function delivered({ name, things, thing }: Names, idPrefix: string): Registration[] {
  const routes = `${things}Routes`;
  // Formatting leaves the quotes as they are.
  const key = name.includes('-') ? `'${name}'` : name;
  return [
    {
      file: 'functions/routes.ts',
      introduces: [routes],
      edit: (text) =>
        withEntry(
          withImport(text, routes, `./${name}/routes.ts`),
          'capabilities: readonly Capability[] = [',
          '\n];',
          `\n{ name: '${name}', routes: ${routes} },`,
        ),
    },
    {
      file: 'infra/needs.ts',
      introduces: [],
      edit: (text) => withEntry(text, 'const needs: Record<', '\n};', `\n${key}: ['writes'],`),
    },
    {
      file: 'shared/core/ids.ts',
      introduces: [],
      edit: (text) => withEntry(text, 'const idPrefixes = {', '\n}', `\n${thing}: '${idPrefix}',`),
    },
  ];
}

function tested({ name, singular, things, thing }: Names): Registration[] {
  const [api, store] = [`${things}Api`, `${thing}Store`];
  const outside = '../../..';
  return [
    {
      file: 'test/support/memory/memory-handlers.ts',
      introduces: [api, store],
      edit: (text) =>
        withEntry(
          withImport(
            withImport(text, api, `${outside}/functions/${name}/api.ts`),
            store,
            `${outside}/shared/${name}/${singular}-store.ts`,
          ),
          'const handlers = [',
          '\n  ];',
          `\n...${api}({ table, nudgeOutbox, ${things}: ${store}(table) }),`,
        ),
    },
    {
      file: 'test/matrix/resources.ts',
      introduces: [],
      edit: (text) =>
        withLineBefore(
          text,
          '  await portal.deliver();',
          `made['${thing}Id'] = await make(ownerId, '/${name}', { name: 'Thing' });`,
        ),
    },
  ];
}

function benched({ name, thing, Thing }: Names): Registration[] {
  const [things, create] = ['account-things.ts', `new${Thing}`];
  const list = `/v1/accounts/{accountId}/${name}`;
  const one = `${list}/{${thing}Id}`;
  const path = `async (world) => \`/${name}/\${await ${thing}(world)}\``;
  const scenarios = `
    'GET ${list}': asOwner('/${name}', aPage),
    'POST ${list}': asOwner('/${name}', { body: ${create} }),
    'GET ${one}': asOwner(${path}),
    'PATCH ${one}': asOwner(${path}, { body: { name: 'Renamed' } }),`;
  return [
    {
      file: `test/bench/routes/${things}`,
      introduces: [thing, create],
      edit: (text) => `${text}
export const ${create} = { name: 'Bench' };

export async function ${thing}(world: PortalWorld): Promise<string> {
  return (await post(world, world.owner, '/${name}', ${create})).id;
}
`,
    },
    {
      file: 'test/bench/routes/filled-world.ts',
      introduces: [thing],
      edit: (text) =>
        withEntry(withImportedName(text, thing, `./${things}`), 'const make of [', ']', `, ${thing}`),
    },
    {
      file: 'test/bench/routes/scenarios/holdings.ts',
      introduces: [thing, create],
      edit: (text) => {
        const imported = [thing, create].reduce(
          (sofar, each) => withImportedName(sofar, each, `../${things}`),
          text,
        );
        return withEntry(imported, 'holdingsScenarios: Record<string, Scenario> = {', '\n};', scenarios);
      },
    },
  ];
}

/** Nothing of `shared/` but AWS stands above a new module: it may use all the others. */
function placed({ name, singular }: Names): Registration[] {
  return [
    {
      file: 'test/structure/ladder.ts',
      introduces: [],
      edit: (text) =>
        withEntry(
          withLineBefore(text, `'aws'`, `'${name}',`),
          'ruleFiles: readonly string[] = [',
          '\n];',
          `\n'shared/${name}/${singular}.ts',`,
        ),
    },
  ];
}
