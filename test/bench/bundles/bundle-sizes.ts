import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Bytes of each function's minified bundle, by the function's name. */
export type Sizes = Readonly<Record<string, number>>;

const file = join(import.meta.dirname, 'bundle-sizes.json');
/** What a bundle may grow by before somebody has to say so. */
const mostGrowth = 0.03;
const howToRecord =
  'Where that is meant, `npm run bundles:record` writes the record anew: commit it with the change.';

/** The sizes of the bundles that lie in a folder each. */
export function bundleSizes(bundles: string, names: readonly string[]): Sizes {
  return Object.fromEntries(names.map((name) => [name, statSync(join(bundles, name, 'index.js')).size]));
}

export function recordedSizes(): Sizes {
  return JSON.parse(readFileSync(file, 'utf8')) as Sizes;
}

export function recordSizes(sizes: Sizes): void {
  writeFileSync(file, `${JSON.stringify(sizes, null, 2)}\n`);
}

/** What is not as it was recorded, a sentence for each function; empty where all is well. */
export function overBudget(recorded: Sizes, found: Sizes): string[] {
  const names = [...new Set([...Object.keys(recorded), ...Object.keys(found)])].sort();
  return names.flatMap((name) => {
    const said = complaint(recorded[name], found[name]);
    return said ? [`${name}: ${said}. ${howToRecord}`] : [];
  });
}

function complaint(recorded: number | undefined, found: number | undefined): string | undefined {
  if (recorded === undefined) return `has no recorded size, found ${found} bytes`;
  if (found === undefined) return `recorded ${recorded} bytes, found no such function`;
  if (found <= recorded * (1 + mostGrowth)) return undefined;
  const grown = ((found / recorded - 1) * 100).toFixed(1);
  return `recorded ${recorded} bytes, found ${found}: ${grown} % more, and ${mostGrowth * 100} % is allowed`;
}
