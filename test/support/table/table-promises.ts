import { describe } from 'vitest';
import type { Table } from '../../../shared/table/table.ts';
import { indices, queries } from './queries.ts';
import { readingMany, readingOne } from './reading.ts';
import { conditions, transactions, updates } from './writing.ts';

/** What a table promises, whatever it lies in. `tableOf` is asked when a test runs. */
export function tablePromises(tableOf: () => Table): void {
  describe('reading one item', () => readingOne(tableOf));
  describe('reading many items', () => readingMany(tableOf));
  describe('a transaction', () => transactions(tableOf));
  describe('a condition', () => conditions(tableOf));
  describe('an update', () => updates(tableOf));
  describe('a query', () => queries(tableOf));
  describe('an index', () => indices(tableOf));
}
