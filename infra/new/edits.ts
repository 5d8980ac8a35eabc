/** Additions to source text. Whoever adds formats the whole file afterwards. */

/** Adds an entry at the end of what `opening` begins and `closing` ends. */
export function withEntry(text: string, opening: string, closing: string, entry: string): string {
  const begin = text.indexOf(opening);
  const end = begin === -1 ? -1 : text.indexOf(closing, begin + opening.length);
  if (end === -1) throw new Error(`Found no ${opening} … ${closing.trim()}`);
  return `${text.slice(0, end)}${entry}${text.slice(end)}`;
}

export function withLineBefore(text: string, following: string, line: string): string {
  const at = text.indexOf(following);
  if (at === -1) throw new Error(`Found no ${following.trim()}`);
  return `${text.slice(0, at)}${line}\n${text.slice(at)}`;
}

/** Adds an import behind the last one whose file comes before its own in the alphabet. */
export function withImport(text: string, imported: string, from: string): string {
  const line = `import { ${imported} } from '${from}';\n`;
  const before = [...text.matchAll(/^import .* from '(.+)';\n/gm)].findLast((each) => each[1]! < from);
  const at = before ? before.index + before[0].length : 0;
  return `${text.slice(0, at)}${line}${text.slice(at)}`;
}

/** Adds a name to the import that brings others from the same file. */
export function withImportedName(text: string, name: string, from: string): string {
  const found = [...text.matchAll(/^import \{([^}]*)\} from '(.+)';$/gm)].find((each) => each[2] === from);
  if (!found) throw new Error(`Found no import from ${from}`);
  const others = found[1]!.split(',').map((each) => each.trim());
  const all = [...others.filter((each) => each !== ''), name];
  const line = `import { ${all.sort(inAlphabet).join(', ')} } from '${from}';`;
  return `${text.slice(0, found.index)}${line}${text.slice(found.index + found[0].length)}`;
}

function inAlphabet(one: string, other: string): number {
  const plain = (imported: string) => imported.replace(/^type /, '').toLowerCase();
  return plain(one) < plain(other) ? -1 : 1;
}

export function hasWord(text: string, word: string): boolean {
  return new RegExp(`(?<![\\w$])${word}(?![\\w$])`).test(text);
}
