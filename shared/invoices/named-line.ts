import type { NewLine } from './invoice.ts';

/** The account a line is about, where another one is billed for it. */
export interface NamedAccount {
  id: string;
  name: string;
}

/** The account that lines have to name: the owner of the billed item, where another account pays. */
export function namedFor(account: NamedAccount, payer: { id: string }): NamedAccount | undefined {
  return account.id === payer.id ? undefined : { id: account.id, name: account.name };
}

/** A line that names the item's account, in its description and in `relatesTo` for fulfilment. */
export function namedLine<L extends NewLine>(line: L, named: NamedAccount | undefined): L {
  if (!named) return line;
  const { relatesTo } = line;
  const about =
    typeof relatesTo === 'object' && relatesTo ? { ...relatesTo, accountId: named.id } : relatesTo;
  return { ...line, description: `${line.description} (${named.name})`, relatesTo: about };
}

/** The account billed for an item, as it is stored; null for the item's own account. */
export function billedTo(accountId: string, payer: { id: string }): string | null {
  return accountId === payer.id ? null : payer.id;
}
