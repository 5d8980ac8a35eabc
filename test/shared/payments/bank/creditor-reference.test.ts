import { describe, expect, test } from 'vitest';
import { newId } from '../../../../shared/core/ids.ts';
import {
  creditorReference,
  creditorReferencesIn,
} from '../../../../shared/payments/bank/creditor-reference.ts';

const id = 'mpay_01JNQ3Z8G0K5Z9X22C4V6B8N0M';
const reference = creditorReference(id);

test('has the check digits of ISO 11649', () => {
  expect(reference).toMatch(/^RF\d\d2C4V6B8N0M$/);
  const turned = `${reference.slice(4)}${reference.slice(0, 4)}`;
  const digits = turned.replaceAll(/[A-Z]/g, (letter) => String(Number.parseInt(letter, 36)));
  expect(BigInt(digits) % 97n).toBe(1n);
});

test('is another for each of many mass payments at once', () => {
  const now = new Date();
  const references = Array.from({ length: 1_000 }, () => creditorReference(newId('massPayment', now)));
  expect(new Set(references).size).toBe(1_000);
});

describe('is found', () => {
  test.each([
    reference,
    reference.toLowerCase(),
    `${reference.slice(0, 4)} ${reference.slice(4, 8)} ${reference.slice(8)}`,
    `INVOICES/${reference}/ACME LTD`,
    `Thanks${reference}2026-00042`,
    `RF${reference}`,
    `${reference.slice(0, 9)}\n${reference.slice(9)}`,
    `mass payment ${id}`,
  ])('in %j', (text) => {
    expect(creditorReferencesIn(text)).toContain(reference);
  });
});

describe('is not found', () => {
  test.each(['', 'Transfer 2026-00042', reference.slice(0, -1), `RF${reference.slice(4)}`])(
    'in %j',
    (text) => {
      expect(creditorReferencesIn(text)).toEqual([]);
    },
  );

  test('with a digit or letter mistyped, or two of them swapped', () => {
    for (let at = 2; at < reference.length; at++) {
      const typed = reference[at] === '7' ? '8' : '7';
      const wrong = `${reference.slice(0, at)}${typed}${reference.slice(at + 1)}`;
      expect(creditorReferencesIn(wrong), wrong).toEqual([]);
    }
  });
});
