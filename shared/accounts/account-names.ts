import { accountKey } from '../table/keys.ts';
import type { PageRequest, StoredPage } from '../table/page.ts';
import type { Action, Position, Table } from '../table/table.ts';
import type { Account } from './people.ts';

/** The words of a name that a search finds an account by: more than any name needs. */
const mostWords = 8;
/** A search for several words reads at most this many pages of the table, then returns what it has. */
const maxPages = 4;

const partition = 'ACCOUNT-NAMES';
const wordKey = (accountId: string, word: string) => ({ pk: accountKey(accountId).pk, sk: `NAME#${word}` });

/** The words of a name in small letters, each once. */
function wordsOf(name: string): string[] {
  const words = name
    .normalize('NFC')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u);
  return [...new Set(words.filter((word) => word !== ''))].slice(0, mostWords);
}

/** The rows by which an account is found, from its name before (null: it is new) to its name now. */
export function nameRows({ id, name }: Pick<Account, 'id' | 'name'>, before: string | null): Action[] {
  const old = before === null ? [] : wordsOf(before);
  const words = wordsOf(name);
  return [
    ...old.filter((word) => !words.includes(word)).map((word): Action => ({ delete: wordKey(id, word) })),
    ...words.map((word): Action => ({
      put: {
        ...wordKey(id, word),
        accountId: id,
        name,
        word,
        gsi1pk: partition,
        gsi1sk: `${word}#${name.toLowerCase()}#${id}`,
      },
    })),
  ];
}

/** The accounts that have, for each word of the search, one that begins with it; their ids, by that word and name. */
export async function accountsNamed(
  table: Table,
  search: string,
  { limit, after }: PageRequest,
): Promise<StoredPage<string>> {
  const wanted = wordsOf(search);
  // The longest word is in the fewest names.
  const prefix = wanted.toSorted((a, b) => b.length - a.length)[0];
  if (prefix === undefined) return { items: [], next: null };
  const items: string[] = [];
  let position: Position | undefined = after;
  for (let page = 0; page < maxPages; page++) {
    const part = { limit: limit - items.length, after: position };
    const found = await table.query({ index: 'gsi1', pk: partition, prefix, ...part });
    for (const item of found.items) {
      const words = wordsOf(String(item['name']));
      // Where several of its words begin so, the first of them stands for the account.
      const [first] = words.filter((word) => word.startsWith(prefix)).toSorted();
      const hasAll = wanted.every((each) => words.some((word) => word.startsWith(each)));
      if (item['word'] === first && hasAll) items.push(String(item['accountId']));
    }
    position = found.next ?? undefined;
    if (!position || items.length === limit) break;
  }
  return { items, next: position ?? null };
}

/** The position from which all that begins with a search's longest word follows. */
export function beforeAllNamed(search: string): Position {
  const [prefix = ''] = wordsOf(search).toSorted((a, b) => b.length - a.length);
  return [prefix, accountKey('').pk, 'NAME#'];
}
