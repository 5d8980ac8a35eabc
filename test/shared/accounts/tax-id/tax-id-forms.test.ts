import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { numberOf, viesNumberOf } from '../../../../shared/accounts/tax-id/tax-id-forms.ts';

/** One of each form: country, prefix, number, and whether VIES knows such. */
const right: [string, string, string, boolean][] = [
  ['AT', 'AT', 'U12345678', true],
  ['BE', 'BE', '0123456789', true],
  ['BG', 'BG', '123456789', true],
  ['CY', 'CY', '12345678L', true],
  ['CZ', 'CZ', '1234567890', true],
  ['DE', 'DE', '123456789', true],
  ['DK', 'DK', '12345678', true],
  ['EE', 'EE', '123456789', true],
  ['GR', 'EL', '123456789', true],
  ['ES', 'ES', 'X1234567X', true],
  ['ES', 'ES', 'B12345678', true],
  ['FI', 'FI', '12345678', true],
  ['FR', 'FR', '83404833048', true],
  ['FR', 'FR', 'XX123456789', true],
  ['HR', 'HR', '12345678901', true],
  ['HU', 'HU', '12345678', true],
  ['IE', 'IE', '1234567WA', true],
  ['IE', 'IE', '1+23456L', true],
  ['IT', 'IT', '12345678901', true],
  ['LT', 'LT', '123456789012', true],
  ['LU', 'LU', '12345678', true],
  ['LV', 'LV', '12345678901', true],
  ['MT', 'MT', '12345678', true],
  ['NL', 'NL', '123456789B01', true],
  ['PL', 'PL', '1234567890', true],
  ['PT', 'PT', '123456789', true],
  ['RO', 'RO', '12', true],
  ['SE', 'SE', '123456789001', true],
  ['SI', 'SI', '12345678', true],
  ['SK', 'SK', '1234567890', true],
  ['GB', 'XI', '123456789', true],
  ['GB', 'GB', '980780684', false],
  ['GB', 'GB', '980780684001', false],
  ['GB', 'GB', 'GD499', false],
  ['GB', 'GB', 'HA500', false],
  ['CH', 'CHE', '107787577', false],
  ['NO', 'NO', '974760673', false],
];
const anyRight = fc.constantFrom(...right);
const separators = fc.array(fc.constantFrom(' ', '.', '-', ''), { minLength: 20, maxLength: 20 });

const spread = (text: string, between: readonly string[]) =>
  text
    .split('')
    .map((letter, at) => letter + between[at % between.length]!)
    .join('');

describe('a tax id has the form of its country', () => {
  test.each(right)('%s: %s%s', (country, prefix, number, inVies) => {
    expect(numberOf(prefix + number, country)).toEqual({ prefix, number, inVies });
  });

  test('however it is spaced and written', () => {
    fc.assert(
      fc.property(anyRight, separators, fc.boolean(), ([country, prefix, number, inVies], between, small) => {
        const text = spread(prefix + number, between);
        expect(numberOf(small ? text.toLowerCase() : text, country)).toEqual({ prefix, number, inVies });
      }),
    );
  });

  test('without its prefix, where that says nothing', () => {
    fc.assert(
      fc.property(anyRight, ([country, prefix, number, inVies]) => {
        fc.pre(prefix !== 'XI');
        expect(numberOf(number, country)).toEqual({ prefix, number, inVies });
      }),
    );
    expect(numberOf('GR123456789', 'GR')).toMatchObject({ prefix: 'EL', number: '123456789' });
    expect(numberOf('UK980780684', 'GB')).toMatchObject({ prefix: 'GB', number: '980780684' });
  });

  test('with the words that follow it in Switzerland and Norway', () => {
    const [swiss, norwegian] = ['107787577', '974760673'];
    for (const word of ['MWST', ' TVA', ' iva']) {
      expect(numberOf(`CHE-107.787.577${word}`, 'CH')).toMatchObject({ number: swiss });
    }
    expect(numberOf('NO 974 760 673 MVA', 'NO')).toMatchObject({ number: norwegian });
    expect(numberOf('974 760 673 MWST', 'NO')).toBe('wrong');
  });
});

describe('a tax id has not', () => {
  test('one digit more or less, where the form leaves no choice', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('AT', 'BE', 'DE', 'DK', 'FI', 'HR', 'IT', 'PL', 'SE', 'CH', 'NO'),
        (country) => {
          const [, prefix, number] = right.find((each) => each[0] === country)!;
          expect(numberOf(`${prefix}${number}1`, country)).toBe('wrong');
          expect(numberOf(`${prefix}${number.slice(0, -1)}`, country)).toBe('wrong');
        },
      ),
    );
  });

  test('another country’s prefix', () => {
    expect(numberOf('DE123456789', 'AT')).toBe('wrong');
    expect(numberOf('DE123456789', 'EE')).toBe('wrong');
    expect(numberOf('XI123456789', 'IE')).toBe('wrong');
  });

  test.each([
    ['AT', 'AT12345678'],
    ['BE', 'BE2123456789'],
    ['ES', 'ES123456789'],
    ['FR', 'FRIO123456789'],
    ['GB', 'GB980780685'],
    ['GB', 'GB000000000'],
    ['GB', 'GBGD500'],
    ['GB', 'GBHA499'],
    ['GB', 'XI12345'],
    ['CH', 'CHE107787578'],
    ['CH', 'CHE000000000'],
    ['NO', 'NO974760674'],
    ['NO', '123456785'],
    ['DE', ''],
  ])('in %s the form %j', (country, taxId) => {
    expect(numberOf(taxId, country)).toBe('wrong');
  });

  test('any other digit in Switzerland and Norway, where nobody is asked', () => {
    const own = fc.constantFrom<[string, string]>(['CH', '107787577'], ['NO', '974760673']);
    fc.assert(
      fc.property(own, fc.nat(8), fc.nat(9), ([country, number], at, digit) => {
        fc.pre(number[at] !== String(digit));
        expect(numberOf(number.slice(0, at) + digit + number.slice(at + 1), country)).toBe('wrong');
      }),
    );
  });

  test('a form where the country is none whose forms are known', () => {
    expect([numberOf('12-3456789', 'US'), numberOf('DE123456789', null)]).toEqual(['unknown', 'unknown']);
  });
});

test('both series of Great Britain’s check digits are right', () => {
  // The weighted sum is 10: with 87 it is 97, and with 32 and 55 as well.
  expect(numberOf('GB100000187', 'GB')).toMatchObject({ number: '100000187' });
  expect(numberOf('GB100000132', 'GB')).toMatchObject({ number: '100000132' });
  expect(numberOf('GB100000133', 'GB')).toBe('wrong');
});

test('a provider’s own tax id is one of VIES by its prefix alone', () => {
  expect(viesNumberOf('DE 123 456 789')).toMatchObject({ prefix: 'DE', number: '123456789' });
  expect(viesNumberOf('EL123456789')).toMatchObject({ prefix: 'EL' });
  for (const other of ['', '123456789', 'GB980780684', 'CHE107787577', 'DE12']) {
    expect(viesNumberOf(other)).toBeUndefined();
  }
});
