import { expect, test } from 'vitest';
import { equals } from '../../../shared/table/table.ts';
import { mergeSameRows } from '../../../shared/write/merge-same-rows.ts';

const key = { pk: 'SETTINGS', sk: 'SETTINGS' };
const check = (version: string) => ({ check: { ...key }, when: equals({ version }) });

test('the same check made twice in a transaction is made once; different ones stay, for the table to refuse', () => {
  expect(mergeSameRows([check('a'), check('a')])).toEqual([check('a')]);
  expect(mergeSameRows([check('a'), check('b')])).toHaveLength(2);
});
