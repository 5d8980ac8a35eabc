import { newVersion } from '../../core/ids.ts';
import { dayIn } from '../../core/day.ts';
import type { CreditNote } from '../../invoices/credit-notes/credit-note.ts';
import { notedKeys } from '../../invoices/credit-notes/credit-note-store.ts';
import type { Invoice } from '../../invoices/invoice.ts';
import { numberKey, numberedKeys, openKeys } from '../../invoices/invoice-store.ts';
import { journalKeys } from '../../invoices/ledger/journal.ts';
import type { Payment } from '../../payments/payment.ts';
import { bookedKeys } from '../../payments/payment-store.ts';
import { readSettings } from '../../settings/settings.ts';
import { byDay } from '../../table/by-day.ts';
import { type Action, equals, type Item, present, type Table } from '../../table/table.ts';
import type { Migration } from '../migration.ts';

/** Bank money without an account; its store belongs to a function. */
const unassigned = 'UNASSIGNED-MONEY';

/**
 * Reports find documents, payments and entries of the journal by their day. Of those from before, an entry and its payment
 * count for the day on which they were written.
 */
export const bookedDays: Migration = {
  version: 4,
  name: 'booked-days',
  async row({ table }, row) {
    const { pk, sk } = row;
    if (pk === unassigned) return found(row, byDay(unassigned).keys(String(row['receivedOn']), sk));
    if (!pk.startsWith('ACCOUNT#')) return [];
    if (sk.startsWith('INVOICE#')) return invoiceKeys(table, row as Item & Invoice);
    if (sk.startsWith('CREDIT-NOTE#')) return found(row, notedKeys(row as unknown as CreditNote));
    if (sk.startsWith('PAYMENT#') && row['bookedOn'] === undefined) {
      const bookedOn = await dayOf(table, row);
      const keys = bookedKeys({ ...(row as unknown as Payment), bookedOn });
      const set = { bookedOn, ...keys, version: newVersion() };
      return [{ update: { pk, sk }, set, when: equals({ version: String(row['version']) }) }];
    }
    if (sk.startsWith('JOURNAL#') && row['on'] === undefined) {
      const on = await dayOf(table, row);
      const keys = {
        accountId: pk.slice('ACCOUNT#'.length),
        on,
        ...journalKeys({ on, id: String(row['id']) }),
      };
      return [{ update: { pk, sk }, set: keys, when: present }];
    }
    return [];
  },
};

async function dayOf(table: Table, row: Item): Promise<string> {
  const { settings } = await readSettings(table);
  return dayIn(settings.timeZone, new Date(String(row['at'])));
}

type Keys = Record<string, string | undefined>;

/** Rows that nothing but the keys is missing of. */
function found(row: Item, keys: Keys): Action[] {
  const { pk, sk } = row;
  if (Object.entries(keys).every(([name, value]) => row[name] === value)) return [];
  const version = row['version'];
  const when = typeof version === 'string' ? equals({ version }) : present;
  const set = Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== undefined));
  const remove = Object.keys(keys).filter((name) => keys[name] === undefined);
  return [{ update: { pk, sk }, set, remove, when }];
}

async function invoiceKeys(table: Table, row: Item & Invoice): Promise<Action[]> {
  if (row.number === null) return [];
  const numbered = await table.get(numberKey(row.number));
  // Its number may have been given back its row by the step before.
  const byNumber = numbered ? found(numbered, numberedKeys(row)) : [];
  return [...found(row, openKeys(row)), ...byNumber];
}
