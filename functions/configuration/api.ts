import type { Language } from '../../shared/language/languages.ts';
import { newId, newVersion } from '../../shared/core/ids.ts';
import { invalid, notFound } from '../../shared/core/problem.ts';
import { logoRow } from '../../shared/invoices/documents/logos.ts';
import { type BoundRoute, on, type RequestContext, requireMatch } from '../../shared/http/request.ts';
import { templateFault } from '../../shared/mail/render.ts';
import { readTemplate, readTemplates, templateRow } from '../../shared/mail/template-store.ts';
import {
  mailTemplates,
  type Template,
  type TemplateName,
  templateNames,
} from '../../shared/mail/templates.ts';
import { normalAddress } from '../../shared/accounts/keys.ts';
import {
  type Department,
  departmentDeletion,
  departmentRow,
  readDepartments,
} from '../../shared/settings/departments.ts';
import { readSettings, type Settings, settingsRow } from '../../shared/settings/settings.ts';
import { commit, type WriteDependencies } from '../../shared/write/commit.ts';
import { requireTodayOpen } from './closed-books.ts';
import { printFaults } from './printed-settings.ts';
import { guardedChanges, guardedTemplate } from './guarded.ts';
import * as routes from './routes.ts';

export interface ConfigurationDependencies extends WriteDependencies {
  supportAddress: string;
}

export function configurationApi(dependencies: ConfigurationDependencies): BoundRoute[] {
  const { table, supportAddress } = dependencies;
  return [
    on(routes.getSettings, async () => {
      const { settings, version } = await readSettings(table);
      return { body: settings, version: version ?? neverChanged };
    }),
    on(routes.putSettings, async ({ context, body }) => {
      const before = await readSettings(table);
      requireMatch(context, before.version ?? neverChanged);
      const faults = printFaults(body);
      if (faults.length > 0) throw invalid(faults);
      const version = newVersion();
      const settings: Settings = { ...before.settings, ...body };
      const outbox = guardedChanges(context, before.settings, settings);
      requireTodayOpen(before.settings, settings, context.now);
      const logo = body['provider.logo'];
      const actions = [settingsRow(body, before, version), ...(logo ? [logoRow(logo)] : [])];
      await commit(dependencies, context, { actions, activity: [], outbox });
      return { body: settings, version };
    }),
    on(routes.getDepartments, async () => listReply(await readDepartments(table, supportAddress))),
    on(routes.putDepartments, async ({ context, body }) =>
      listReply(await replaceDepartments(dependencies, context, body.items)),
    ),
    on(routes.listTemplates, async ({ query: { language } }) => {
      const templates = await readTemplates(table, language);
      return listReply(templates.map(({ name, template }) => templateView(name, language, template)));
    }),
    on(routes.getTemplate, async ({ params, query: { language } }) => {
      const name = templateName(params['name']!);
      return { body: templateView(name, language, await readTemplate(table, name, language)) };
    }),
    on(routes.putTemplate, async ({ context, params, query: { language }, body }) => {
      const name = templateName(params['name']!);
      const outbox = guardedTemplate(context, name);
      const fault = await templateFault(body, mailTemplates[name]);
      if (fault) {
        const message = `line ${fault.line}: ${fault.message}`;
        throw invalid([{ path: fault.part, code: 'wrong-format', message }]);
      }
      const actions = [templateRow(name, language, body)];
      await commit(dependencies, context, { actions, activity: [], outbox });
      return { body: templateView(name, language, body) };
    }),
  ];
}

/** The version of settings that were never changed. */
const neverChanged = 'default';

function write(
  dependencies: ConfigurationDependencies,
  context: RequestContext,
  actions: Parameters<typeof commit>[2]['actions'],
): Promise<void> {
  return commit(dependencies, context, { actions, activity: [], outbox: [] });
}

const listReply = <T>(items: T[]) => ({ body: { items, nextCursor: null } });

function templateName(name: string): TemplateName {
  const known = templateNames.find((each) => each === name);
  if (!known) throw notFound();
  return known;
}

function templateView(name: TemplateName, language: Language, template: Template) {
  return { name, language, ...template, placeholders: mailTemplates[name] };
}

type WrittenDepartment = Omit<Department, 'id'> & { id?: string | undefined };

async function replaceDepartments(
  dependencies: ConfigurationDependencies,
  context: RequestContext,
  items: WrittenDepartment[],
): Promise<Department[]> {
  const before = await readDepartments(dependencies.table, dependencies.supportAddress);
  const domain = dependencies.supportAddress.split('@')[1]!;
  for (const [index, { address }] of items.entries()) {
    // Mail to another domain is never received here, and none can be sent from one.
    if (normalAddress(address).endsWith(`@${domain}`)) continue;
    throw invalid([
      { path: `items.${index}.address`, code: 'wrong-format', message: `must be an address at ${domain}` },
    ]);
  }
  const after = items.map((item) => ({
    ...item,
    id: item.id ?? newId('department', context.now),
    address: normalAddress(item.address),
  }));
  for (const field of ['id', 'address'] as const) {
    const repeated = after.findIndex(
      (each, at) => after.findIndex((other) => other[field] === each[field]) < at,
    );
    if (repeated >= 0)
      throw invalid([{ path: `items.${repeated}.${field}`, code: 'duplicate', message: 'stands twice' }]);
  }
  const remainingIds = new Set(after.map((department) => department.id));
  const removed = before.filter((department) => !remainingIds.has(department.id));
  const actions = [...after.map(departmentRow), ...removed.map(({ id }) => departmentDeletion(id))];
  if (actions.length > 100)
    throw invalid([{ path: 'items', code: 'out-of-range', message: 'changes too many departments at once' }]);
  await write(dependencies, context, actions);
  return readDepartments(dependencies.table, dependencies.supportAddress);
}
