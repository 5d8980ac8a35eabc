import { languages } from '../../../shared/language/languages.ts';
import { describe, expect, test } from 'vitest';
import { defaultTemplate } from '../../../shared/mail/default-templates.ts';
import { render, templateFault } from '../../../shared/mail/render.ts';
import { mailTemplates, templateNames } from '../../../shared/mail/templates.ts';

const everyMail = languages.flatMap((language) => templateNames.map((name) => [language, name] as const));

describe('the default template of every mail', () => {
  test.each(everyMail)('in %s, %s, is one that staff could have written', async (language, name) => {
    const template = defaultTemplate(name, language);
    expect(await templateFault(template, mailTemplates[name])).toBeNull();
    expect(template.html).not.toMatch(/&(?!\w+;)|undefined/);
  });

  test.each(everyMail)('in %s, %s, leads to the same addresses in text and HTML', (language, name) => {
    const { text, html } = defaultTemplate(name, language);
    const addresses = (form: string) => [...form.matchAll(/\{\{ (\w+Url) \}\}/g)].map(([, url]) => url);
    expect(addresses(html)).toEqual(addresses(text));
    expect(text).not.toMatch(/<\/?(a|b|link|p|ul)\b/);
  });
});

test('the text form reads as a letter, the HTML form has links', async () => {
  const data = {
    name: 'Nora',
    accountName: 'A & B',
    givenBy: 'Olga',
    permissions: ['View domains', 'View emails'],
  };
  const filled = { ...data, invitationUrl: 'https://portal.test/i?a=1&b=2' };
  const mail = await render(defaultTemplate('access-given', 'en'), filled);
  expect(mail.text).toBe(`Hello,

Olga offers Nora access to A & B with the login that you have:

  - View domains
  - View emails

Accept it, within 7 days.
https://portal.test/i?a=1&b=2
`);
  expect(mail.html).toBe(`<p>Hello,</p>
<p>Olga offers Nora access to A &amp; B with the login that you have:</p>
<ul><li>View domains</li><li>View emails</li></ul>
<p><a href="https://portal.test/i?a=1&amp;b=2">Accept it</a>, within 7 days.</p>`);
});

test('a list in one line has a word for none', async () => {
  const data = { changedBy: 'Ada', name: 'Sam', email: 'sam@portal.test', resetBecause: '' };
  const roles = { before: ['Support', 'Vertrieb <b>'], after: [] };
  const mail = await render(defaultTemplate('staff-changed', 'de'), { ...data, ...roles });
  expect(mail.text).toContain('Vorher: Support, Vertrieb <b>\n\nJetzt: keine\n');
  expect(mail.html).toContain('<p>Vorher: Support, Vertrieb &lt;b&gt;</p>\n<p>Jetzt: keine</p>');
});

test('what is left out where it is empty leaves no gap that is seen', async () => {
  const data = { accountName: 'A', items: ['One'], reason: 'No', orderUrl: 'https://portal.test/o' };
  const template = defaultTemplate('order-rejected', 'de');
  const without = await render(template, { ...data, amount: '' });
  expect(without.text).not.toMatch(/Guthaben|\n{3}/);
  expect((await render(template, { ...data, amount: '5.00 EUR' })).text).toContain(
    '5.00 EUR ist jetzt Guthaben',
  );
});
