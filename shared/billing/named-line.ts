/** The account that a line is about, where another one is billed for it. */
export interface NamedAccount {
  id: string;
  name: string;
}

/** What a line says, with the account whose thing it is. */
export function namedLine(description: string, { name }: NamedAccount): string {
  return `${description} (${name})`;
}

/** The account that lines have to name: the one whose things are billed, where another one pays. */
export function namedFor(account: NamedAccount, payer: { id: string }): NamedAccount | undefined {
  return account.id === payer.id ? undefined : { id: account.id, name: account.name };
}
