import { Liquid, LiquidError } from 'liquidjs';
import type { Template } from './templates.ts';

export interface RenderedMail {
  subject: string;
  text: string;
  html: string;
}

/** `templates` is empty so that a template can include neither another template nor a file. */
const limits = {
  templates: {},
  strictFilters: true,
  parseLimit: 100_000,
  renderLimit: 2_000,
  memoryLimit: 50_000_000,
};
const plain = new Liquid({ ...limits, cache: 100, strictVariables: true });
const escaping = new Liquid({ ...limits, cache: 100, strictVariables: true, outputEscape: 'escape' });

escaping.registerFilter('paragraphs', { raw: true, handler: (text: unknown) => paragraphs(String(text)) });
plain.registerFilter('paragraphs', (text: unknown) => text);

/** Fills a template: values are inserted unchanged in the subject and the text, and escaped in the HTML. */
export async function render(
  template: Template,
  data: Record<string, string | string[]>,
): Promise<RenderedMail> {
  const [subject, text, html] = await Promise.all([
    plain.parseAndRender(template.subject, data),
    plain.parseAndRender(template.text, data),
    escaping.parseAndRender(template.html, data),
  ]);
  return { subject: oneLine(String(subject)), text: String(text), html: String(html) };
}

/** Removes line breaks, so that no value can begin another header; at most 400 characters. */
function oneLine(text: string): string {
  return text
    .replace(/[\u0000-\u001f\u007f\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, 400);
}

function paragraphs(text: string): string {
  const escaped = text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
  return escaped
    .split(/\n{2,}/)
    .map((part) => `<p>${part.replaceAll('\n', '<br>')}</p>`)
    .join('\n');
}

/**
 * The first error in a template, by part and line; null if there is none. The template is rendered with every
 * placeholder of its mail, so that an unknown name is found here and not in a client's mailbox.
 */
export async function templateFault(
  template: Template,
  placeholders: readonly string[],
): Promise<{ part: keyof Template; line: number; message: string } | null> {
  const sample = Object.fromEntries(placeholders.map((name) => [name, name.endsWith('s') ? [name] : name]));
  for (const part of ['subject', 'text', 'html'] as const) {
    const engine = part === 'html' ? escaping : plain;
    try {
      await engine.parseAndRender(template[part], sample);
    } catch (error) {
      if (!(error instanceof LiquidError)) throw error;
      const line = Number(/line:(\d+)/.exec(error.message)?.[1] ?? 1);
      return { part, line, message: error.message.replace(/, (file|line):.*$/s, '') };
    }
  }
  return null;
}
