import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { planCapability } from '../../../infra/new/capability.ts';
import { idPrefixOf, namesOf } from '../../../infra/new/names.ts';
import { Refusal } from '../../../infra/new/refusal.ts';
import { readWanted } from '../../../infra/new/wanted.ts';

const root = join(import.meta.dirname, '../../..');

async function refusal(...args: string[]): Promise<string> {
  try {
    await planCapability(root, readWanted(args));
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
  throw new Error('It was not refused');
}

test.each([
  ['no kind', [], /^npm run new -- capability NAME/],
  ['no name', ['capability'], /^npm run new -- capability NAME/],
  ['another kind', ['stack', 'things'], /^There is no kind "stack"/],
  ['two names', ['capability', 'sites', 'racks'], /^"racks" is too much/],
  ['an unknown option', ['capability', 'sites', '--force'], /^Unknown option '--force'/],
  ['an option without its value', ['capability', 'sites', '--permission'], /--permission/],
  [
    'an unknown permission',
    ['capability', 'sites', '--permission', 'root'],
    /no permission "root".*invoices/,
  ],
  [
    'a permission that is no sub-account’s',
    ['capability', 'sites', '--permission', 'staff'],
    /no permission/,
  ],
  ['capitals', ['capability', 'SslCertificates'], /not kebab-case/],
  ['underscores', ['capability', 'ssl_certificates'], /not kebab-case/],
  ['a path', ['capability', '../sites'], /not kebab-case/],
  ['a part that begins with a digit', ['capability', 'sites-2'], /not kebab-case/],
  ['a name that is too long', ['capability', `${'long-'.repeat(8)}names`], /not kebab-case/],
  ['a singular that is not kebab-case', ['capability', 'sites', '--singular', 'Site'], /not kebab-case/],
  ['what is no plural', ['capability', 'hardware'], /say --singular/],
  ['a plural that is its singular', ['capability', 'sheep', '--singular', 'sheep'], /has to differ/],
  ['a drawer', ['capability', 'helpers'], /"helpers" is a reserved name/],
  ['a keyword', ['capability', 'classes'], /"class" is a reserved name/],
  ['what JavaScript has', ['capability', 'promises'], /"Promise" is a reserved name/],
  ['what the new files use otherwise', ['capability', 'tables'], /"table" is a reserved name/],
  ['what a changed file uses otherwise', ['capability', 'worlds'], /"world" is a reserved name/],
  ['a capability that exists', ['capability', 'quotes'], /^functions\/quotes exists/],
  ['a shared folder that exists', ['capability', 'renewals'], /exists already/],
  ['a path that is served', ['capability', 'mass-payments'], /is a route already/],
  ['a path’s parameter that is served', ['capability', 'items'], /is a route already/],
  ['a kind of id that exists', ['capability', 'journals'], /has a prefix for "journal"/],
  ['keys that exist', ['capability', 'invoice-lines'], /keys that begin with "INVOICE-LINE#"/],
])('%s is refused in one line', async (_, args, said) => {
  const message = await refusal(...args);
  expect(message).toMatch(said);
  expect(message).not.toContain('\n');
});

describe('the singular', () => {
  test.each([
    ['ssl-certificates', 'ssl-certificate'],
    ['policies', 'policy'],
    ['mailboxes', 'mailbox'],
    ['ip-addresses', 'ip-address'],
    ['releases', 'release'],
  ])('of %s is %s', (plural, singular) => {
    expect(namesOf(plural).singular).toBe(singular);
  });

  test('is what --singular says, where it does', () => {
    expect(namesOf('caches', 'cache')).toMatchObject({ thing: 'cache', Thing: 'Cache', things: 'caches' });
  });
});

describe('ids', () => {
  test('begin with initials and the beginning of the last word', () => {
    expect(idPrefixOf('ssl-certificate', [])).toBe('sce');
    expect(idPrefixOf('site', [])).toBe('sit');
  });

  test('begin with more of it where that is taken', () => {
    expect(idPrefixOf('site', ['sit'])).toBe('site');
    expect(idPrefixOf('ssl-certificate', ['sce', 'scer'])).toBe('scert');
  });
});
