import type { Invoice } from '../invoice.ts';
import { invoiceChanged } from '../invoice-store.ts';
import type { Parties } from './party.ts';
import type { Action } from '../../table/table.ts';

/** Whether an invoice has what it said when it was issued; those of before documents were kept have not. */
export function isFixed(invoice: Invoice): invoice is Invoice & Parties {
  return invoice.seller !== undefined;
}

/** Gives these parties to an issued invoice that has none, for good. */
export function fixedParties(
  invoice: Invoice,
  { seller, buyer, language }: Parties,
): { action: Action; after: Invoice & Parties } {
  const parties = { seller, buyer, language };
  const { action, after } = invoiceChanged(invoice, parties);
  return { action, after: { ...after, ...parties } };
}
