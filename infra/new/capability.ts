import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildSync } from 'esbuild';
import { format, resolveConfig } from 'prettier';
import { idPrefixes } from '../../shared/core/ids.ts';
import { bundleOptions } from '../bundle.ts';
import { idPrefixOf } from './names.ts';
import { editedFiles } from './registrations.ts';
import { requireFree } from './taken.ts';
import { renderFiles } from './templates.ts';
import type { Wanted } from './wanted.ts';

const recordedSizes = 'test/bench/bundles/bundle-sizes.json';

/** The texts of the files, by their paths from the root. */
export interface Plan {
  name: string;
  added: ReadonlyMap<string, string>;
  changed: ReadonlyMap<string, string>;
}

/**
 * A capability with its test, and every place that has to know of it. Nothing is written yet.
 * @throws Refusal where the tree has no place for it
 */
export async function planCapability(root: string, wanted: Wanted): Promise<Plan> {
  const { names } = wanted;
  requireFree(root, names);
  const idPrefix = idPrefixOf(names.singular, Object.values(idPrefixes));
  const added = await inStyle(root, renderFiles(wanted, idPrefix));
  const changed = await inStyle(root, editedFiles(root, names, idPrefix));
  return { name: names.name, added, changed };
}

/** Writes what was planned, and the size of the new function’s bundle; lists the files. */
export function writePlan(root: string, { name, added, changed }: Plan): string[] {
  for (const [file, text] of [...added, ...changed]) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  recordSize(root, name);
  return [...added.keys(), ...changed.keys(), recordedSizes];
}

async function inStyle(root: string, files: ReadonlyMap<string, string>): Promise<Map<string, string>> {
  const styled = new Map<string, string>();
  for (const [file, text] of files) {
    const filepath = join(root, file);
    styled.set(file, await format(text, { ...(await resolveConfig(filepath)), filepath }));
  }
  return styled;
}

/** Records the new function’s bundle alone: how the others have grown is for somebody to say. */
function recordSize(root: string, name: string): void {
  const { outputFiles } = buildSync({
    ...bundleOptions,
    entryPoints: [join('functions', name, 'index.ts')],
    outfile: 'index.js',
    write: false,
  });
  const bundle = outputFiles.find(({ path }) => path.endsWith('.js'));
  if (!bundle) throw new Error(`${name} was not bundled`);
  const file = join(root, recordedSizes);
  const sizes = JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>;
  const all = Object.entries({ ...sizes, [name]: bundle.contents.byteLength });
  const inOrder = Object.fromEntries(all.sort(([one], [other]) => (one < other ? -1 : 1)));
  writeFileSync(file, `${JSON.stringify(inOrder, null, 2)}\n`);
}
