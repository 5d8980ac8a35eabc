import { beforeEach, describe, expect, test } from 'vitest';
import { MemoryPortal } from '../../support/memory/memory-portal.ts';

let portal: MemoryPortal;
const settings = '/v1/staff/settings';
const put = (userId: string, rules: unknown) =>
  portal.call(userId, 'PUT', settings, { body: { 'tax.rules': rules } });
const stored = async () => (await portal.call('ada', 'GET', settings)).body['tax.rules'];

beforeEach(async () => {
  portal = new MemoryPortal();
  portal.addStaff('ada');
  portal.addStaff('seth', ['settings']);
  await portal.authorizer('seth');
});

const plain = { country: 'DE', rate: '19', from: '2026-01-01' };
const reverse = {
  country: 'FR',
  business: true,
  taxClass: 'domains',
  rate: '0',
  words: { en: 'Reverse charge: {sellerTaxId}, {buyerTaxId}', de: 'Reverse Charge' },
  from: '2026-01-01',
};

describe('the rules of tax', () => {
  test('are none at first, and an administrator’s to change, who are all told', async () => {
    expect(await stored()).toEqual([]);
    const refused = await put('seth', [plain]);
    expect(refused).toMatchObject({ status: 403, body: { requiredRoles: ['administrator'] } });
    expect(await stored()).toEqual([]);
    expect((await put('ada', [plain, reverse, { ...plain, country: '*', words: 'VAT' }])).status).toBe(200);
    expect(await stored()).toEqual([plain, reverse, { ...plain, country: '*', words: 'VAT' }]);
    await portal.deliver();
    expect(portal.mails.at(-1)!.text).toContain('tax.rules');
  });

  test.each([
    ['0.country', 'wrong-format', { ...plain, country: 'de' }, 'ISO 3166'],
    ['0.country', 'wrong-format', { ...plain, country: 'QX' }, 'ISO 3166'],
    ['0.country', 'wrong-format', { ...plain, country: 'UK' }, 'must be GB'],
    ['0.country', 'wrong-format', { ...plain, country: 'EL' }, 'must be GR'],
    ['0.rate', 'wrong-format', { ...plain, rate: '19%' }, 'percentage'],
    ['0.rate', 'wrong-type', { ...plain, rate: 19 }, 'text'],
    ['0.from', 'wrong-format', { ...plain, from: '2026-02-30' }, 'day'],
    ['0.from', 'required', { country: 'DE', rate: '19' }, ''],
    ['0.taxClass', 'wrong-format', { ...plain, taxClass: 'Domain names' }, 'domains'],
    ['0.words', 'wrong-format', { ...plain, words: 'Tax {rate}' }, '{buyerTaxId} and {sellerTaxId}'],
    ['0.words', 'wrong-format', { ...plain, words: 'Tax {' }, '{buyerTaxId} and {sellerTaxId}'],
    ['0.words.de', 'too-long', { ...plain, words: { de: 'x'.repeat(501) } }, '500'],
    ['0.words', 'not-allowed', { ...plain, words: {} }, 'text'],
    ['0.words.fr', 'unknown-field', { ...plain, words: { en: 'VAT', fr: 'TVA' } }, ''],
    ['0.business', 'not-allowed', { ...plain, words: 'For {buyerTaxId}' }, 'true'],
    ['0.business', 'not-allowed', { ...reverse, business: false }, 'true'],
    ['0.until', 'unknown-field', { ...plain, until: '2027-01-01' }, ''],
  ])('are refused with the field %s: %s', async (path, code, rule, words) => {
    const { status, body } = await put('ada', [rule]);
    expect(status).toBe(400);
    expect(body.errors).toEqual([
      { path: `tax.rules.${path}`, code, message: expect.stringContaining(words) },
    ]);
    expect(await stored()).toEqual([]);
  });

  test('say nothing twice for the same buyers, products and day', async () => {
    const rules = [plain, reverse, { ...reverse, rate: '5' }];
    expect((await put('ada', rules)).body.errors).toMatchObject([
      { path: 'tax.rules.2', code: 'duplicate', message: expect.stringContaining('rule 1') },
    ]);
    const others = [
      { ...reverse, from: '2026-01-02' },
      { ...reverse, country: 'BE' },
      { ...reverse, taxClass: 'hosting' },
      { ...plain, country: 'FR' },
    ];
    expect((await put('ada', [plain, reverse, ...others])).status).toBe(200);
  });

  test('are 500 at most, and no more than the settings’ row holds', async () => {
    const many = (count: number, words: string) =>
      Array.from({ length: count }, (_, n) => ({ ...plain, taxClass: `class-${n}`, words }));
    expect((await put('ada', many(500, 'VAT'))).status).toBe(200);
    expect((await put('ada', many(501, 'VAT'))).body.errors).toMatchObject([
      { path: 'tax.rules', code: 'too-long' },
    ]);
    const tooLarge = await put('ada', many(300, 'ü'.repeat(200)));
    expect(tooLarge.body.errors).toMatchObject([
      { path: 'tax.rules', code: 'too-long', message: expect.stringContaining('100000') },
    ]);
  });
});
