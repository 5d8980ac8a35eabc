import type { Action, Item, Table } from '../table/table.ts';
import { stripped } from '../table/page.ts';
import { defaultTemplates } from './default-templates.ts';
import type { Template, TemplateName } from './templates.ts';

const pk = 'MAIL-TEMPLATES';
const keyOf = (name: TemplateName) => ({ pk, sk: name });

/** The template that staff wrote, or the default one. */
export async function readTemplate(table: Table, name: TemplateName): Promise<Template> {
  return stripped<Template>(await table.get(keyOf(name))) ?? defaultTemplates[name];
}

/** Every template: the one that staff wrote, or the default one. */
export async function readTemplates(table: Table): Promise<Record<TemplateName, Template>> {
  const { items } = await table.query({ pk, limit: 100 });
  const written = Object.fromEntries(items.map((item: Item) => [item.sk, stripped<Template>(item)]));
  return { ...defaultTemplates, ...written };
}

export function templateRow(name: TemplateName, template: Template): Action {
  return { put: { ...template, ...keyOf(name) } };
}
