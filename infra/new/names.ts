import { Refusal } from './refusal.ts';

/** One capability’s name in every form that its files need. */
export interface Names {
  /** `ssl-certificates`: the folder, the function and the path. */
  name: string;
  /** `ssl-certificate`: the files and the kind in the log. */
  singular: string;
  things: string;
  Things: string;
  thing: string;
  Thing: string;
  pluralWords: string;
  /** What the keys of its rows begin with. */
  keyPrefix: string;
}

const kebabCase = /^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$/;
/** Function names carry the stage, and AWS allows them 64 characters. */
const longest = 40;
const shortestPrefix = 3;

/** Folders of these names are refused by the tests of the structure. */
const drawers = new Set(['util', 'utils', 'helper', 'helpers', 'common', 'misc', 'types']);

/** Words that no variable may be called. */
const keywords = new Set(
  `arguments await break case catch class const continue debugger default delete do else enum eval export extends
  false finally for function if implements import in instanceof interface let new null package private protected
  public return static super switch this throw true try typeof undefined var void while with yield`.split(
    /\s+/,
  ),
);

/** @throws Refusal where no file or variable could be called so */
export function namesOf(name: string, givenSingular?: string): Names {
  requireKebabCase('capability', name);
  const singular = givenSingular ?? singularOf(name);
  requireKebabCase('singular', singular);
  if (singular === name) throw new Refusal(`"${name}" has to differ from its singular.`);
  const [things, thing] = [camelCase(name), camelCase(singular)];
  const names = {
    name,
    singular,
    things,
    Things: capitalised(things),
    thing,
    Thing: capitalised(thing),
    pluralWords: name.replaceAll('-', ' '),
    keyPrefix: `${singular.toUpperCase()}#`,
  };
  const reserved = [name, singular].find((each) => drawers.has(each)) ?? reservedOf(names);
  if (reserved) throw new Refusal(`"${reserved}" is a reserved name.`);
  return names;
}

function reservedOf({ things, thing, Things, Thing }: Names): string | undefined {
  return (
    [things, thing].find((each) => keywords.has(each)) ?? [Things, Thing].find((each) => each in globalThis)
  );
}

function requireKebabCase(what: string, name: string): void {
  if (kebabCase.test(name) && name.length <= longest) return;
  throw new Refusal(`The ${what} "${name}" is not kebab-case of at most ${longest} characters.`);
}

/** The singular of a plural in English, as far as its spelling tells. */
function singularOf(plural: string): string {
  if (/[^s]ies$/.test(plural)) return plural.replace(/ies$/, 'y');
  if (/(ss|x|ch|sh)es$/.test(plural)) return plural.replace(/es$/, '');
  if (/[^s]s$/.test(plural)) return plural.replace(/s$/, '');
  throw new Refusal(`"${plural}" does not look like a plural: say --singular too.`);
}

function camelCase(kebab: string): string {
  return kebab.replaceAll(/-(.)/g, (_, first: string) => first.toUpperCase());
}

function capitalised(word: string): string {
  return `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
}

/** What new ids begin with: initials, and as much of the last word as makes it differ from those taken. */
export function idPrefixOf(singular: string, taken: readonly string[]): string {
  const words = singular.split('-');
  const last = words.pop() ?? '';
  const initials = words.map((word) => word.charAt(0)).join('');
  for (let length = 1; length <= last.length; length++) {
    const prefix = `${initials}${last.slice(0, length)}`;
    if (prefix.length >= shortestPrefix && !taken.includes(prefix)) return prefix;
  }
  const whole = singular.replaceAll('-', '');
  if (taken.includes(whole)) throw new Refusal(`Ids begin with "${whole}_" already.`);
  return whole;
}
