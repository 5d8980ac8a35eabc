import { type Language, defaultLanguage } from '../language/languages.ts';
import type { Action, Table } from '../table/table.ts';
import { merged } from '../table/merged.ts';
import { stripped } from '../table/page.ts';
import { defaultTemplate } from './default-templates.ts';
import { type Template, type TemplateName, templateNames } from './templates.ts';

/** The default language's have no suffix: they are what there was before there were languages. */
const keyOf = (name: TemplateName, language: Language) => ({
  pk: 'MAIL-TEMPLATES',
  sk: language === defaultLanguage ? name : `${name}#${language}`,
});

/** The template that staff wrote in this language, or its default one. */
export async function readTemplate(table: Table, name: TemplateName, language: Language): Promise<Template> {
  return stripped<Template>(await table.get(keyOf(name, language))) ?? defaultTemplate(name, language);
}

/** Every template in a language: the one that staff wrote, or the default one. */
export async function readTemplates(
  table: Table,
  language: Language,
): Promise<{ name: TemplateName; template: Template }[]> {
  const written = await table.getMany(templateNames.map((name) => keyOf(name, language)));
  return templateNames.map((name, index) => ({
    name,
    template: stripped<Template>(written[index]) ?? defaultTemplate(name, language),
  }));
}

export function templateRow(name: TemplateName, language: Language, template: Template): Action {
  return merged({ ...template, ...keyOf(name, language) });
}
