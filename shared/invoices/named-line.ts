import type { NewLine } from './invoice.ts';

/** The account that a line is about, where another one is billed for it. */
export interface NamedAccount {
  id: string;
  name: string;
}

/** The account that lines have to name: the one whose things are billed, where another one pays. */
export function namedFor(account: NamedAccount, payer: { id: string }): NamedAccount | undefined {
  return account.id === payer.id ? undefined : { id: account.id, name: account.name };
}

/** A line that says whose thing it is, to people and to what is done once it is paid. */
export function namedLine<L extends NewLine>(line: L, named: NamedAccount | undefined): L {
  if (!named) return line;
  const { relatesTo } = line;
  const about =
    typeof relatesTo === 'object' && relatesTo ? { ...relatesTo, accountId: named.id } : relatesTo;
  return { ...line, description: `${line.description} (${named.name})`, relatesTo: about };
}

/** Whose invoice a thing stands on, as it is noted: null for its own account's. */
export function billedTo(accountId: string, payer: { id: string }): string | null {
  return accountId === payer.id ? null : payer.id;
}
